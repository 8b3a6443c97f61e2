// Photographs of every screen, both widths, both themes, both languages, with axe over each:
// node tests/looks/shoot.ts DIRECTORY [NAME…]

import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, resolve } from 'node:path'
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import headers from '../../headers.json' with { type: 'json' }

const [directory = '.', ...only] = process.argv.slice(2)
const ROOT = resolve(process.env.LOOKS ?? 'node_modules/.cache/looks')
const AXE = resolve('node_modules/axe-core/axe.min.js')
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }

const server = createServer(async (request, response) => {
  const path = new URL(request.url ?? '/', 'http://page').pathname
  if (path === '/favicon.ico') return response.writeHead(204).end()
  const name = extname(path) ? join(ROOT, path) : join(ROOT, 'index.html')
  const content = await readFile(name).catch(() => null)
  response.writeHead(content ? 200 : 404, {
    ...headers,
    'content-type': TYPES[extname(name)] ?? 'text/plain',
  })
  response.end(content)
})
await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

interface Look {
  name: string
  look: string
  path: string
  act?: (page: Page) => Promise<unknown>
}

const named = (page: Page, role: 'button' | 'tab' | 'menuitem', name: RegExp) =>
  page.getByRole(role, { name }).first()

const LOOKS: Look[] = [
  { name: 'welcome', look: 'new', path: '/' },
  {
    name: 'sign-up',
    look: 'new',
    path: '/sign-up',
    act: async (page) => {
      await page.getByRole('textbox').first().fill('Zoë van der Berg')
      await page.getByRole('textbox').nth(1).fill('taken')
      await page.locator('form button[type=submit]').click()
    },
  },
  {
    name: 'key',
    look: 'new',
    path: '/sign-up',
    act: async (page) => {
      await page.getByRole('textbox').first().fill('Zoë van der Berg')
      await page.locator('form button[type=submit]').click()
      await page.getByRole('checkbox').waitFor()
    },
  },
  {
    name: 'recover',
    look: 'new',
    path: '/recover',
    act: (page) => page.locator('textarea').fill('gayt-embt-gq2t-mnzy-hfqw-ey3e-mvtd-amjs'),
  },
  { name: 'join', look: 'new', path: '/i/mfrggzdf#gayt' },
  { name: 'join-member', look: 'full', path: '/i/mfrggzdf#gayt' },
  { name: 'join-broken', look: 'broken', path: '/i/mfrggzdf#gayt' },
  { name: 'empty', look: 'bare', path: '/' },
  { name: 'list', look: 'full', path: '/' },
  { name: 'conversation', look: 'full', path: '/c/garden' },
  {
    name: 'typing',
    look: 'full',
    path: '/c/garden',
    act: async (page) => {
      await page.locator('#composer').fill('Shall I bring the ladder?')
      await page.evaluate(() =>
        (globalThis as unknown as { core: { emit(e: unknown): void } }).core.emit({
          event: 'typing',
          conversation: 'garden',
          person: { handle: 'samir', name: 'Samir Benali', account: 'x' },
        }),
      )
      await page.locator('article').last().hover()
      await page.getByRole('toolbar').getByRole('button').first().click()
    },
  },
  {
    name: 'top',
    look: 'full',
    path: '/c/garden',
    act: (page) =>
      page.locator('[role=feed]').evaluate((feed) => feed.parentElement?.parentElement?.scrollTo(0, 0)),
  },
  { name: 'request', look: 'full', path: '/c/dleam' },
  { name: 'fork', look: 'full', path: '/c/repair' },
  { name: 'details', look: 'full', path: '/c/garden/details' },
  {
    name: 'member-menu',
    look: 'full',
    path: '/c/garden/details',
    act: (page) => named(page, 'button', /Inès/).click(),
  },
  {
    name: 'invite',
    look: 'full',
    path: '/c/garden/details',
    act: async (page) => {
      await named(page, 'button', /Invite people|Inviter des gens/).click()
      await named(page, 'button', /Create link|Créer le lien/).click()
      await page.getByRole('img').first().waitFor()
    },
  },
  {
    name: 'invites',
    look: 'full',
    path: '/c/garden/details',
    act: async (page) => {
      await named(page, 'button', /Invite people|Inviter des gens/).click()
      await page.getByRole('tab').nth(1).click()
    },
  },
  {
    name: 'new-group',
    look: 'full',
    path: '/',
    act: async (page) => {
      await named(page, 'button', /^New$|^Nouveau$/).click()
      await page.getByRole('menuitem').nth(1).click()
    },
  },
  {
    name: 'new-direct',
    look: 'full',
    path: '/',
    act: async (page) => {
      await named(page, 'button', /^New$|^Nouveau$/).click()
      await page.getByRole('menuitem').first().click()
    },
  },
  { name: 'switcher', look: 'full', path: '/c/garden', act: (page) => page.keyboard.press('Control+k') },
  { name: 'settings', look: 'full', path: '/settings' },
  { name: 'appearance', look: 'full', path: '/settings/appearance' },
  { name: 'devices', look: 'full', path: '/settings/devices' },
  { name: 'recovery', look: 'full', path: '/settings/recovery' },
  { name: 'keyboard', look: 'full', path: '/settings/keyboard' },
  { name: 'about', look: 'full', path: '/settings/about' },
  { name: 'offline', look: 'offline', path: '/c/garden', act: (page) => page.waitForTimeout(3_500) },
  { name: 'failed', look: 'failed', path: '/' },
]

const KINDS: (BrowserContextOptions & { kind: string; locale: string })[] = [
  { kind: 'wide-light-en', locale: 'en-GB', colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { kind: 'wide-dark-fr', locale: 'fr-FR', colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  { kind: 'phone-light-fr', locale: 'fr-FR', colorScheme: 'light', viewport: { width: 390, height: 844 } },
  { kind: 'phone-dark-en', locale: 'en-GB', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
]

interface AxeResult {
  violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[]
}

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
})
let problems = 0
for (const { kind, ...options } of KINDS) {
  if (process.env.KIND && !kind.includes(process.env.KIND)) continue
  for (const { name, look, path, act } of LOOKS) {
    if (only.length > 0 && !only.includes(name)) continue
    const context = await browser.newContext({
      ...options,
      reducedMotion: 'reduce',
      timezoneId: 'Europe/Paris',
    })
    await context.addInitScript((value) => localStorage.setItem('look', value), look)
    const page = await context.newPage()
    page.setDefaultTimeout(5_000)
    const said: string[] = []
    page.on('console', (message) => message.type() === 'error' && said.push(message.text()))
    page.on('pageerror', (error) => said.push(String(error)))
    try {
      await page.goto(origin + path)
      await page.locator('h1:visible, h2:visible').first().waitFor()
      await page.waitForTimeout(250)
      await act?.(page)
      await page.waitForTimeout(250)
      await page.screenshot({ path: join(directory, `${name}.${kind}.png`) })
      const axe = await readFile(AXE, 'utf8')
      const result = (await runAxe(page, axe)) as AxeResult
      for (const found of result.violations) {
        problems += 1
        console.log(`${name} ${kind}: axe ${found.impact} ${found.id}`)
        for (const node of found.nodes.slice(0, 3))
          console.log(
            `   ${node.html.slice(0, 160)}\n   ${node.failureSummary.replaceAll('\n', ' ').slice(0, 240)}`,
          )
      }
    } catch (error) {
      said.push(String(error).slice(0, 300))
    }
    for (const line of said) {
      problems += 1
      console.log(`${name} ${kind}: ${line}`)
    }
    await context.close()
  }
}
await browser.close()
server.close()
console.log(`${problems} problems`)

/** Through the debugger: the page's policy would not let a script in. */
async function runAxe(page: Page, source: string): Promise<unknown> {
  const session = await page.context().newCDPSession(page)
  await session.send('Runtime.evaluate', { expression: source })
  const { result } = await session.send('Runtime.evaluate', {
    expression: `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], rules: { region: { enabled: ${String(!(await page.getByRole('menu').count()))} } } })`,
    awaitPromise: true,
    returnByValue: true,
  })
  return result.value
}
