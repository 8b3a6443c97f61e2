// Every screen over a made-up core, in both languages and themes, on a desk and on a phone: no violation of the page's
// policy, no error, nothing that axe finds. With ASTERISM_PICTURES=DIRECTORY also a picture of each.

import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import headers from '../../headers.json' with { type: 'json' }
import { LOOKS, type Look } from './looks/looks'

const WEB = resolve(import.meta.dirname, '../..')
const BUILT = join(WEB, 'node_modules/.cache/looks')
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const pictures = process.env.ASTERISM_PICTURES

/** The last two only where somebody wants to look. */
const KINDS: (BrowserContextOptions & { kind: string; locale: string })[] = [
  { kind: 'wide-light-en', locale: 'en-GB', colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { kind: 'phone-dark-fr', locale: 'fr-FR', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
  { kind: 'wide-dark-fr', locale: 'fr-FR', colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  { kind: 'phone-light-en', locale: 'en-GB', colorScheme: 'light', viewport: { width: 390, height: 844 } },
]

interface AxeResult {
  violations: { id: string; nodes: { html: string; failureSummary: string }[] }[]
}

let browser: Browser
let server: Server
let origin: string
let axe: string

beforeAll(async () => {
  await build({
    configFile: false,
    root: join(import.meta.dirname, 'looks'),
    plugins: [react()],
    logLevel: 'silent',
    build: {
      outDir: BUILT,
      emptyOutDir: true,
      target: 'es2023',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  })
  axe = await readFile(join(WEB, 'node_modules/axe-core/axe.min.js'), 'utf8')
  server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://page').pathname
    const name = extname(path) ? join(BUILT, path) : join(BUILT, 'index.html')
    const content = await readFile(name).catch(() => '')
    response.writeHead(200, { ...headers, 'content-type': TYPES[extname(name)] ?? 'text/plain' }).end(content)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
  })
}, 120_000)

afterAll(async () => {
  await browser?.close()
  server?.close()
})

/** Through the debugger: the page's policy would not let a script in. */
async function violations(page: Page): Promise<string[]> {
  // What is in a menu stands outside all landmarks by its nature.
  const region = (await page.getByRole('menu').count()) === 0
  const options = { runOnly: RULES, rules: { region: { enabled: region } } }
  const session = await page.context().newCDPSession(page)
  await session.send('Runtime.evaluate', { expression: axe })
  const { result } = await session.send('Runtime.evaluate', {
    expression: `axe.run(document, ${JSON.stringify(options)})`,
    awaitPromise: true,
    returnByValue: true,
  })
  const found = result.value as AxeResult
  return found.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' ')}`,
  )
}

async function complaintsOf({ name, look, path, act }: Look, kind: string, options: BrowserContextOptions) {
  const context = await browser.newContext({
    ...options,
    reducedMotion: 'reduce',
    timezoneId: 'Europe/Paris',
  })
  try {
    await context.addInitScript((value) => localStorage.setItem('look', value), look)
    const page = await context.newPage()
    page.setDefaultTimeout(10_000)
    const complaints: string[] = []
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    await page.goto(origin + path)
    await page.locator('h1:visible, h2:visible').first().waitFor()
    await act?.(page)
    await page.evaluate(() => Promise.allSettled(document.getAnimations().map((one) => one.finished)))
    if (pictures) await page.screenshot({ path: join(pictures, `${name}.${kind}.png`) })
    return [...complaints, ...(await violations(page))]
  } finally {
    await context.close()
  }
}

describe.each(pictures ? KINDS : KINDS.slice(0, 2))('$kind', ({ kind, ...options }) => {
  test.each(LOOKS)('$name', async (look) => {
    expect(await complaintsOf(look, kind, options)).toEqual([])
  })
})
