// A real server, and in front of it what serves a built page with the headers that browsers get.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join, resolve } from 'node:path'
import type { Duplex } from 'node:stream'
import headers from '../../headers.json' with { type: 'json' }

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
}

export interface Site {
  /** Where the page is; the server's public address too. */
  origin: string
  stop(): Promise<void>
  /** The server hangs: its connections stay, and nothing is answered; or it goes on. */
  hang(does: boolean): void
  /** The server is away: its connections end, and no other comes to be; or it is back. */
  away(is: boolean): void
  /** How often a connection was asked for. */
  asked(): number
  /** All that were ever opened, in this order. */
  lines: Line[]
}

/** A page's connection to the server, which can be made to lose what passes. */
export class Line {
  /** Bytes that did not arrive. */
  lost = 0
  #page: Duplex
  #server: Duplex

  constructor(page: Duplex, server: Duplex) {
    this.#page = page
    this.#server = server
    this.#end(page, server)
    this.#end(server, page)
  }

  /** From now on nothing that the page says arrives. */
  mutePage(): void {
    this.#lose(this.#page, this.#server)
  }

  /** From now on nothing that the server says arrives. */
  muteServer(): void {
    this.#lose(this.#server, this.#page)
  }

  end(): void {
    this.#page.destroy()
  }

  #end(one: Duplex, other: Duplex): void {
    one.on('error', () => other.destroy())
    one.on('close', () => other.destroy())
  }

  #lose(from: Duplex, to: Duplex): void {
    from.unpipe(to)
    from.on('data', (bytes: Buffer) => {
      this.lost += bytes.length
    })
    from.resume()
  }
}

/** Serves the files of `page` (relative to web/) and, under the same origin, a new server with no data. */
export async function startSite(page: string): Promise<Site> {
  const data = await mkdtemp(join(tmpdir(), 'asterism-site-'))
  const files = serveFiles(resolve(import.meta.dirname, '../..', page))
  await new Promise<void>((listening) => files.listen(0, '127.0.0.1', listening))
  const origin = `http://127.0.0.1:${(files.address() as AddressInfo).port}`
  const { process: server, port } = await startServer(data, origin)
  const lines: Line[] = []
  let asked = 0
  let isAway = false
  files.on('upgrade', (request, socket, head) => {
    asked += 1
    if (isAway) return socket.destroy()
    const upstream = connect(port, '127.0.0.1', () => {
      const lines = [`${request.method} ${request.url} HTTP/1.1`]
      for (let i = 0; i < request.rawHeaders.length; i += 2) {
        lines.push(`${request.rawHeaders[i]}: ${request.rawHeaders[i + 1]}`)
      }
      upstream.write(`${lines.join('\r\n')}\r\n\r\n`)
      upstream.write(head)
      socket.pipe(upstream).pipe(socket)
    })
    lines.push(new Line(socket, upstream))
  })
  return {
    origin,
    lines,
    hang: (does) => void server.kill(does ? 'SIGSTOP' : 'SIGCONT'),
    away(is) {
      isAway = is
      if (is) for (const line of lines) line.end()
    },
    asked: () => asked,
    async stop() {
      files.closeAllConnections()
      files.close()
      const ended = new Promise((resolve) => server.once('exit', resolve))
      server.kill('SIGKILL')
      await ended
      await rm(data, { recursive: true, force: true })
    },
  }
}

function serveFiles(root: string): Server {
  return createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://page').pathname
    // A document of the origin in which nothing runs.
    if (path === '/empty')
      return response.writeHead(200, { ...headers, 'content-type': TYPES['.html'] }).end()
    const wanted = join(root, path)
    const name = extname(path) !== '' && wanted.startsWith(root) ? wanted : join(root, 'index.html')
    try {
      const content = await readFile(name)
      response.writeHead(200, {
        ...headers,
        'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
      })
      response.end(content)
    } catch {
      response.writeHead(404, headers).end()
    }
  })
}

async function startServer(
  data: string,
  publicUrl: string,
): Promise<{ process: ChildProcess; port: number }> {
  const binary = process.env.ASTERISMD
  if (binary === undefined || !existsSync(binary)) throw new Error('ASTERISMD must name the server’s binary')
  const args = ['serve', '--listen', '127.0.0.1:0', '--public-url', publicUrl, '--data', data]
  const server = spawn(binary, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const line = await new Promise<string>((resolve, reject) => {
    let text = ''
    server.once('exit', () => reject(new Error('the server ended')))
    server.stdout.on('data', (chunk) => {
      text += chunk
      if (text.includes('\n')) resolve(text)
    })
  })
  const port = Number(/:(\d+)\s/.exec(line)?.[1])
  return { process: server, port }
}
