// Devices in real browsers, without views: the bare page, its core, and one server for all of them.

import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import type { Answer, MessageInfo, Request } from '../../src/core/api'
import { type Site, startSite } from './server'

export interface Devices {
  site: Site
  /** Errors and violations of the page's policy, which must not be. */
  complaints: string[]
  /** A browser of somebody's own. */
  person(): Promise<BrowserContext>
  /** A tab of it. */
  tab(context: BrowserContext): Promise<Page>
  /** A group of two, each in a browser of their own. */
  pair(a: string, b: string): Promise<Pair>
  /** Ends all browsers, and says what was complained of. */
  leave(): Promise<string[]>
  stop(): Promise<void>
}

export interface Pair {
  anne: BrowserContext
  bert: BrowserContext
  annes: Page
  berts: Page
  group: string
}

export async function startDevices(): Promise<Devices> {
  const site = await startSite('node_modules/.cache/bare')
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
  })
  return devices(site, browser)
}

function devices(site: Site, browser: Browser): Devices {
  let contexts: BrowserContext[] = []
  let complaints: string[] = []
  async function person() {
    const context = await browser.newContext()
    contexts.push(context)
    return context
  }
  async function tab(context: BrowserContext) {
    const page = await context.newPage()
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(site.origin)
    return page
  }
  return {
    site,
    get complaints() {
      return complaints
    },
    person,
    tab,
    async pair(a, b) {
      const [anne, bert] = await Promise.all([person(), person()])
      const [annes, berts] = await Promise.all([tab(anne), tab(bert)])
      await Promise.all([register(annes, a), register(berts, b)])
      const params = { name: 'Allotments', quantum_safe: false }
      const { group } = await ask<{ group: string }>(annes, { method: 'group_create', params })
      await ask(annes, { method: 'group_add', params: { target: group, handles: [b] } })
      await berts.waitForFunction(
        (group) => window.events.some((e) => e.event === 'conversation' && e.conversation.group === group),
        group,
      )
      return { anne, bert, annes, berts, group }
    },
    async leave() {
      for (const page of contexts.flatMap((context) => context.pages())) {
        complaints.push(...(await page.evaluate(() => window.violations ?? [])))
      }
      await Promise.all(contexts.map((context) => context.close()))
      const heard = complaints
      contexts = []
      complaints = []
      return heard
    },
    async stop() {
      await browser.close()
      await site.stop()
    },
  }
}

/** Waits until the core answers, here or in another tab. */
export async function state(page: Page): Promise<string> {
  await page.waitForFunction(() => window.core.state !== 'starting')
  return page.evaluate(() => window.core.failure?.message ?? window.core.state)
}

export function ask<T = Answer>(page: Page, request: Request): Promise<T> {
  return page.evaluate((request) => window.core.request(request), request) as Promise<T>
}

export async function register(page: Page, handle: string): Promise<string> {
  const server = new URL(page.url()).origin
  const params = { server, handle, name: handle.toUpperCase() }
  const answer = await ask<{ recovery_key: string }>(page, { method: 'register', params })
  return answer.recovery_key
}

/** What a conversation shows, the newest so many. */
export function read(page: Page, target: string, events = false): Promise<MessageInfo[]> {
  return ask(page, { method: 'read', params: { target, limit: 5000, events } })
}

export async function texts(page: Page, target: string): Promise<(string | null)[]> {
  return (await read(page, target)).map((message) => message.text)
}

export function send(page: Page, target: string, text: string) {
  return ask(page, { method: 'send', params: { target, text, queue: false } })
}

/** Waits for the message's event. */
export async function received(page: Page, text: string) {
  await page.waitForFunction(
    (text) => window.events.some((event) => event.event === 'message' && event.message.text === text),
    text,
  )
}
