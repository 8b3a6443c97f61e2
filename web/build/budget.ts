// Compresses the built files for the server, prints what a first visit loads, and fails above the budget.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import type { Plugin } from 'vite'

/** JavaScript, WASM and styles together, compressed (docs: design, "Speed"). */
const BYTES_MAX = 2 * 1024 * 1024
/** The JavaScript and the styles of the views alone. */
const PAGE_BYTES_MAX = 265 * 1024

const COMPRESSED = /\.(js|css|html|svg|json|wasm|webmanifest)$/

export function budget(): Plugin {
  let directory = ''
  let quality = 11
  return {
    name: 'budget',
    apply: 'build',
    configResolved(config) {
      directory = config.build.outDir
      // Compressing the WASM as well as possible takes some seconds, and a debug build much longer.
      if (process.env.ASTERISM_WASM === 'dev') quality = 5
    },
    closeBundle() {
      const sizes = new Map<string, number>()
      for (const name of files(directory)) {
        const content = readFileSync(join(directory, name))
        const compressed = brotliCompressSync(content, {
          params: {
            [constants.BROTLI_PARAM_QUALITY]: quality,
            [constants.BROTLI_PARAM_LGWIN]: 24,
            [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
          },
        })
        writeFileSync(join(directory, `${name}.br`), compressed)
        const kind = name.slice(name.lastIndexOf('.') + 1)
        sizes.set(kind, (sizes.get(kind) ?? 0) + compressed.length)
        console.log(`${name.padEnd(48)} ${kib(content.length)} ${kib(compressed.length)} br`)
      }
      const wasm = sizes.get('wasm') ?? 0
      const page = (sizes.get('js') ?? 0) + (sizes.get('css') ?? 0)
      console.log(
        `page ${kib(page)} of ${kib(PAGE_BYTES_MAX)}, with wasm ${kib(page + wasm)} of ${kib(BYTES_MAX)}`,
      )
      if (process.env.ASTERISM_WASM === 'dev') return
      if (page > PAGE_BYTES_MAX || page + wasm > BYTES_MAX) throw new Error('the page is over its budget')
    },
  }
}

function files(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => COMPRESSED.test(name)).sort()
}

function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(1).padStart(8)} KiB`
}
