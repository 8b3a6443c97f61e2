// The loop around the core: tells it what happens, and carries out what it hands out. Only the leader has one.

import type { Device } from '#wasm'
import type { ErrorCode } from './api'
import type { Outcome } from './messages'
import { Socket } from './socket'

/** A sleeping computer does not count the time: the clock is looked at this often, whatever the next deadline. */
const SLEEP_MS_MAX = 30_000

/** Invariant: the core's outputs are drained before anything else is waited for. */
export class Host {
  readonly #device: Device
  readonly #socket: Socket
  readonly #tell: (event: string) => void
  readonly #stopped: (error: string) => void
  readonly #waiting = new Map<number, Waiting>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #nextId = 1
  #connected = false
  #fatal = false

  /** `tell` gets events; `stopped` is called at most once, when the core cannot go on. */
  constructor(device: Device, tell: (event: string) => void, stopped: (error: string) => void) {
    this.#device = device
    this.#tell = tell
    this.#stopped = stopped
    this.#socket = new Socket({
      connected: () => {
        this.#connected = true
        this.#step((now) => device.connected(now))
      },
      frame: (frame) => this.#step((now) => device.frame(now, frame)),
      closed: () => {
        this.#connected = false
        this.#step((now) => device.disconnected(now))
      },
    })
    this.#step(() => {})
  }

  hasAccount(): boolean {
    return this.#device.hasAccount()
  }

  hearOfNetwork(there: boolean) {
    this.#step((now) => this.#device.network(now, there))
  }

  /** Asks the core, and takes it back when nobody waits any longer. A tab that closes takes nothing back. */
  request(request: string, patienceMs: number, settle: (outcome: Outcome) => void) {
    const id = this.#nextId++
    const timer = setTimeout(() => this.#giveUp(id), patienceMs)
    this.#waiting.set(id, { timer, settle })
    this.#step((now) => {
      try {
        this.#device.request(now, id, request)
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) throw error
        this.#settle(id, { ok: false, error: refusal(error) })
      }
    })
  }

  /** If the core finds the request done after all, that is the answer. */
  #giveUp(id: number) {
    if (!this.#waiting.has(id)) return
    this.#step((now) => this.#device.cancel(now, id))
    const code: ErrorCode = this.#connected ? 'timeout' : 'server_unreachable'
    this.#settle(id, {
      ok: false,
      error: JSON.stringify({ code, message: 'the server did not answer in time' }),
    })
  }

  #step(input: (now: number) => void) {
    if (this.#fatal) return
    try {
      input(Date.now())
      this.#drain()
      this.#sleep()
    } catch (error) {
      this.#stop(refusal(error))
    }
  }

  #drain() {
    let lost = false
    for (let output = this.#device.poll(); output !== undefined; output = this.#device.poll()) {
      switch (output[0]) {
        case 'connect':
          lost = false
          this.#socket.connect(output[1])
          break
        case 'disconnect':
          lost = true
          break
        case 'transmit':
          this.#socket.send(output[1])
          break
        case 'answer':
          this.#settle(output[1], { ok: true, answer: output[2] })
          break
        case 'refusal':
          this.#settle(output[1], { ok: false, error: output[2] })
          break
        case 'event':
          this.#tell(output[1])
          break
        case 'fatal':
          this.#stop(output[1])
          return
      }
    }
    if (lost) this.#socket.lose()
  }

  #sleep() {
    clearTimeout(this.#timer)
    const deadline = this.#device.nextTimeout() ?? Number.POSITIVE_INFINITY
    const ms = Math.min(Math.max(deadline - Date.now(), 0), SLEEP_MS_MAX)
    this.#timer = setTimeout(() => this.#wake(), ms)
  }

  #wake() {
    const deadline = this.#device.nextTimeout()
    if (deadline !== undefined && deadline <= Date.now()) this.#step((now) => this.#device.timeout(now))
    else this.#sleep()
  }

  #settle(id: number, outcome: Outcome) {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    this.#waiting.delete(id)
    clearTimeout(waiting.timer)
    waiting.settle(outcome)
  }

  #stop(error: string) {
    if (this.#fatal) return
    this.#fatal = true
    clearTimeout(this.#timer)
    this.#socket.disconnect()
    for (const id of [...this.#waiting.keys()]) this.#settle(id, { ok: false, error })
    this.#stopped(error)
  }
}

interface Waiting {
  timer: ReturnType<typeof setTimeout>
  settle(outcome: Outcome): void
}

/** What the WASM threw, as the core writes refusals. A trap tells nothing that may be shown. */
export function refusal(error: unknown): string {
  const known = error instanceof Error && /^[a-z_]+$/.test(error.name)
  const { code, message } = known
    ? { code: error.name, message: error.message }
    : { code: 'internal', message: 'something went wrong in the page' }
  return JSON.stringify({ code, message })
}
