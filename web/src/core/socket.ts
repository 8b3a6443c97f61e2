// One WebSocket at a time. Of a connection that was given up nothing is heard.

export interface SocketEvents {
  connected(): void
  frame(frame: Uint8Array<ArrayBuffer>): void
  /** Gone, or never came to be. */
  closed(): void
}

/** As long as the native host waits. */
const CONNECT_TIMEOUT_MS = 10_000

export class Socket {
  readonly #events: SocketEvents
  #socket: WebSocket | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(events: SocketEvents) {
    this.#events = events
  }

  /** Connects to a server named by its base address; any earlier connection is given up. */
  connect(server: string) {
    this.disconnect()
    let socket: WebSocket
    try {
      socket = new WebSocket(address(server))
    } catch {
      // Not while the core is at work: it hands out one thing after another.
      queueMicrotask(() => this.#events.closed())
      return
    }
    this.#socket = socket
    this.#timer = setTimeout(() => this.#lost(socket), CONNECT_TIMEOUT_MS)
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      if (socket !== this.#socket) return
      clearTimeout(this.#timer)
      this.#events.connected()
    }
    socket.onmessage = (event) => {
      if (socket !== this.#socket) return
      if (event.data instanceof ArrayBuffer) this.#events.frame(new Uint8Array(event.data))
      else this.#lost(socket)
    }
    socket.onclose = () => this.#lost(socket)
  }

  send(frame: Uint8Array<ArrayBuffer>) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(frame)
  }

  /** Gives the connection up, in silence. */
  disconnect() {
    clearTimeout(this.#timer)
    this.#socket?.close()
    this.#socket = undefined
  }

  /** Gives the connection up, and says so. */
  lose() {
    if (this.#socket !== undefined) this.#lost(this.#socket)
  }

  #lost(socket: WebSocket) {
    if (socket !== this.#socket) return
    this.disconnect()
    this.#events.closed()
  }
}

/** `http(s)://HOST[:PORT][/PATH]` to its socket. */
export function address(server: string): string {
  const url = new URL(server)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new TypeError('not the address of a server')
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/socket`
  return url.href
}
