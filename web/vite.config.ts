// Hashed files that run under the page's Content-Security-Policy (headers.json): no inline script or style, nothing
// from elsewhere, the WASM as a file of its own so that it is compiled while it is loaded.

import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { budget } from './build/budget.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// `vite build --mode bare` makes the page of the core's own browser tests, without any view.
export default defineConfig(({ mode }) => ({
  root: mode === 'bare' ? here('./tests/browser/bare') : here('.'),
  plugins: [react(), mode === 'bare' ? [] : budget()],
  resolve: {
    alias: { '#wasm': here('./src/core/wasm/asterism_wasm.js') },
  },
  build: {
    outDir: mode === 'bare' ? here('./node_modules/.cache/bare') : here('./dist'),
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
  },
  worker: { format: 'es' },
  server: {
    // `npm run dev` beside `make run`.
    proxy: { '/api': { target: process.env.ASTERISM_SERVER ?? 'http://127.0.0.1:8480', ws: true } },
  },
}))
