// The core in real browsers, without views: one server, two people, the real WASM.

import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Answer, MessageInfo, Request } from '../../src/core/api'
import { type Site, startSite } from './server'

/** How often the crash test crashes. */
const CRASHES = Number(process.env.CRASHES ?? 3)

let site: Site
let browser: Browser
let contexts: BrowserContext[] = []
let complaints: string[] = []

beforeAll(async () => {
  site = await startSite('node_modules/.cache/bare')
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
  })
})

afterAll(async () => {
  await browser?.close()
  await site?.stop()
})

beforeEach(() => {
  complaints = []
})

afterEach(async () => {
  for (const page of contexts.flatMap((context) => context.pages())) {
    complaints.push(...(await page.evaluate(() => window.violations ?? [])))
  }
  await Promise.all(contexts.map((context) => context.close()))
  contexts = []
  expect(complaints).toEqual([])
})

async function person(): Promise<BrowserContext> {
  const context = await browser.newContext()
  contexts.push(context)
  return context
}

async function tab(context: BrowserContext): Promise<Page> {
  const page = await context.newPage()
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(site.origin)
  return page
}

/** Waits until the core answers, here or in another tab. */
async function state(page: Page): Promise<string> {
  await page.waitForFunction(() => window.core.state !== 'starting')
  return page.evaluate(() => window.core.failure?.message ?? window.core.state)
}

function ask<T = Answer>(page: Page, request: Request): Promise<T> {
  return page.evaluate((request) => window.core.request(request), request) as Promise<T>
}

async function register(page: Page, handle: string): Promise<string> {
  const server = site.origin
  const answer = await ask<{ recovery_key: string }>(page, {
    method: 'register',
    params: { server, handle, name: handle.toUpperCase() },
  })
  return answer.recovery_key
}

async function texts(page: Page, target: string): Promise<(string | null)[]> {
  const params = { target, limit: 50, events: false }
  const messages = await ask<MessageInfo[]>(page, { method: 'read', params })
  return messages.map((message) => message.text)
}

function send(page: Page, target: string, text: string) {
  return ask(page, { method: 'send', params: { target, text, queue: false } })
}

/** Waits for the message's event. */
async function received(page: Page, text: string) {
  await page.waitForFunction(
    (text) => window.events.some((event) => event.event === 'message' && event.message.text === text),
    text,
  )
}

/** A group of two, each in a browser of their own. */
async function pair(a: string, b: string) {
  const [anne, bert] = await Promise.all([person(), person()])
  const [annes, berts] = await Promise.all([tab(anne), tab(bert)])
  await Promise.all([register(annes, a), register(berts, b)])
  const { group } = await ask<{ group: string }>(annes, {
    method: 'group_create',
    params: { name: 'Allotments', quantum_safe: false },
  })
  await ask(annes, { method: 'group_add', params: { target: group, handles: [b] } })
  await berts.waitForFunction(
    (group) => window.events.some((e) => e.event === 'conversation' && e.conversation.group === group),
    group,
  )
  return { anne, bert, annes, berts, group }
}

test('two people write to each other, and a reload keeps everything', async () => {
  const { annes, berts, group } = await pair('anne', 'bert')
  await send(annes, group, 'Who has a ladder?')
  await received(berts, 'Who has a ladder?')
  await send(berts, group, 'Take mine.')
  await received(annes, 'Take mine.')
  const both = ['Who has a ladder?', 'Take mine.']
  expect(await texts(annes, group)).toEqual(both)
  expect(await texts(berts, group)).toEqual(both)

  await annes.reload()
  expect(await state(annes)).toBe('ready')
  expect(await annes.evaluate(() => window.core.hasAccount())).toBe(true)
  expect(await texts(annes, group)).toEqual(both)
  await send(berts, group, 'It is in the shed.')
  await received(annes, 'It is in the shed.')
  console.log(`boot: ${await annes.evaluate(() => window.bootMs)} ms`)
})

test('tabs share one core, and the next takes over when its tab is closed', async () => {
  const { anne, annes, berts, group } = await pair('carla', 'dieter')
  const second = await tab(anne)
  expect(await state(second)).toBe('follower')
  await send(second, group, 'from the second tab')
  await Promise.all([received(annes, 'from the second tab'), received(berts, 'from the second tab')])

  const closed = Date.now()
  await annes.close()
  expect(await texts(second, group)).toEqual(['from the second tab'])
  console.log(`failover: ${Date.now() - closed} ms`)
  expect(await state(second)).toBe('ready')
  await send(second, group, 'after the first was closed')
  await received(berts, 'after the first was closed')
  await send(berts, group, 'and back')
  await received(second, 'and back')
})

test('what a tab asked of another one that closes is still answered', async () => {
  const { anne, annes, berts, group } = await pair('emma', 'felix')
  const second = await tab(anne)
  expect(await state(second)).toBe('follower')
  const words = Array.from({ length: 20 }, (_, n) => `message ${n}`)
  const sent = second.evaluate(
    ([group, words]) =>
      Promise.all(
        words.map((text) =>
          window.core.request({ method: 'send', params: { target: group, text, queue: false } }),
        ),
      ),
    [group, words] as const,
  )
  await annes.close()
  await sent
  await received(berts, 'message 19')
  expect((await texts(berts, group)).toSorted()).toEqual(words.toSorted())
  expect((await texts(second, group)).toSorted()).toEqual(words.toSorted())
})

test('what is on the disk says nothing', async () => {
  const { annes, group } = await pair('gerda', 'hans')
  await send(annes, group, 'a secret that nobody else may read')
  const files = await annes.evaluate(async () => {
    const contents: string[] = []
    async function read(directory: FileSystemDirectoryHandle) {
      for await (const entry of directory.values()) {
        if (entry.kind === 'directory') await read(entry as FileSystemDirectoryHandle)
        else {
          const file = await (entry as FileSystemFileHandle).getFile()
          contents.push(new TextDecoder('latin1').decode(await file.arrayBuffer()))
        }
      }
    }
    await read(await navigator.storage.getDirectory())
    return contents
  })
  const all = files.join('')
  expect(all.length).toBeGreaterThan(100_000)
  expect(all).toContain('device.db')
  for (const word of ['secret', 'gerda', 'GERDA', 'hans', 'Allotments', 'SQLite format', 'CREATE TABLE']) {
    expect(all.includes(word), word).toBe(false)
  }
})

test('what was acknowledged survives a crash', async () => {
  const { anne, annes, group } = await pair('jana', 'karl')
  const acknowledged: string[] = []
  await anne.exposeFunction('acknowledge', (text: string) => acknowledged.push(text))
  let page = annes
  for (let round = 0; round < CRASHES; round++) {
    const enough = acknowledged.length + 10 + round
    await page.evaluate(
      ([group, round]) => {
        const { acknowledge } = window as unknown as { acknowledge(text: string): void }
        for (let n = 0; n < 500; n++) {
          const text = `${round}-${n}`
          window.core
            .request({ method: 'send', params: { target: group, text, queue: true } })
            .then(() => acknowledge(text))
        }
      },
      [group, round] as const,
    )
    await expect.poll(() => acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(enough)
    const devtools = await anne.newCDPSession(page)
    const crashed = page.waitForEvent('crash')
    devtools.send('Page.crash').catch(() => {})
    await crashed
    await page.close()
    page = await tab(anne)
    expect(await state(page)).toBe('ready')
    const params = { target: group, limit: 5000, events: false }
    const kept = await ask<MessageInfo[]>(page, { method: 'read', params })
    const texts = new Set(kept.map((message) => message.text))
    expect(acknowledged.filter((text) => !texts.has(text))).toEqual([])
  }
  console.log(`${acknowledged.length} acknowledged over ${CRASHES} crashes`)
})

test('a refusal has its stable code', async () => {
  const page = await tab(await person())
  const code = (request: Request) =>
    page.evaluate(
      (request) =>
        window.core.request(request).then(
          () => 'no refusal',
          (error) => error.code,
        ),
      request,
    )
  expect(await code({ method: 'who_am_i' })).toBe('no_account')
  expect(await code({ method: 'nonsense' } as unknown as Request)).toBe('usage')
})

test('without its key a database is dropped, and the device is a new one', async () => {
  const context = await person()
  const first = await tab(context)
  await register(first, 'ines')
  await first.close()
  const page = await context.newPage()
  await page.goto(`${site.origin}/empty`)
  await page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase('asterism-key')
        request.onsuccess = resolve
        request.onerror = reject
      }),
  )
  await page.close()
  const second = await tab(context)
  expect(await state(second)).toBe('ready')
  expect(await second.evaluate(() => window.core.hasAccount())).toBe(false)
})

test('the page’s rules are in force', async () => {
  const page = await tab(await person())
  await state(page)
  const refused = (code: () => unknown) =>
    page.evaluate(code).then(
      () => false,
      () => true,
    )
  expect(await refused(() => (document.body.innerHTML = '<b>bold</b>'))).toBe(true)
  expect(await refused(() => new Worker('/assets/other.js'))).toBe(true)
  // In a task of its own: what the test itself evaluates may evaluate.
  const evaluate = () =>
    new Promise((resolve, reject) =>
      setTimeout(() => {
        try {
          // biome-ignore lint/security/noGlobalEval: it must be refused
          resolve(window.eval('1'))
        } catch (error) {
          reject(error)
        }
      }),
    )
  expect(await refused(evaluate)).toBe(true)
  expect(await refused(() => fetch('https://example.org/'))).toBe(true)
  const violations = await page.evaluate(() => window.violations.splice(0).map((text) => text.split(' ')[0]))
  expect(new Set(violations)).toEqual(new Set(['require-trusted-types-for', 'connect-src']))
  complaints = []
})
