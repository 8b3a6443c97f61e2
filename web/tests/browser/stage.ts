// A real server, real browsers and what people do on every screen: what the stories of several tests begin with.

import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'
import { type Site, startSite } from './server'

const PAGE = process.env.ASTERISM_PAGE ?? 'dist'
const pictures = process.env.ASTERISM_PICTURES

export interface Stage {
  site: Site
  /** Violations of the page's policy and errors, which must not be. */
  complaints: string[]
  /** A person with a browser of their own; English and at a desk unless told. */
  person(options?: BrowserContextOptions): Promise<Page>
  close(): Promise<void>
}

export async function openStage(): Promise<Stage> {
  const site = await startSite(PAGE)
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
  })
  const complaints: string[] = []
  return {
    site,
    complaints,
    person: (options) => person(browser, complaints, options),
    async close() {
      await browser.close()
      await site.stop()
    },
  }
}

async function person(
  browser: Browser,
  complaints: string[],
  options?: BrowserContextOptions,
): Promise<Page> {
  const context: BrowserContext = await browser.newContext({
    locale: 'en-GB',
    viewport: { width: 1280, height: 800 },
    permissions: ['clipboard-read', 'clipboard-write'],
    reducedMotion: 'reduce',
    ...options,
  })
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) =>
      console.error('policy:', event.violatedDirective, event.blockedURI),
    )
  })
  return tabOf(context, complaints)
}

/** Another tab of the same browser. */
export async function tabOf(context: BrowserContext, complaints: string[]): Promise<Page> {
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  return page
}

export async function picture(page: Page, name: string): Promise<void> {
  if (pictures) await page.screenshot({ path: `${pictures}/${name}.png` })
}

export async function fillAccount(page: Page, name: string, handle: string): Promise<void> {
  await page.getByLabel('Your name').fill(name)
  await page.getByLabel('Your handle').fill(handle)
}

/** Returns the key that is shown once. */
export async function keepKey(page: Page): Promise<string> {
  await page.getByRole('heading', { name: 'Keep your recovery key' }).waitFor()
  await picture(page, 'real-key')
  await page.getByRole('button', { name: 'Copy' }).click()
  const key = await page.evaluate(() => navigator.clipboard.readText())
  await page.getByRole('checkbox').click()
  await page.getByRole('button', { name: 'Continue' }).click()
  return key
}

export async function signUp(page: Page, origin: string, name: string, handle: string): Promise<void> {
  await page.goto(`${origin}/sign-up`)
  await fillAccount(page, name, handle)
  await page.getByRole('button', { name: 'Create account' }).click()
  await keepKey(page)
}

export async function write(page: Page, text: string): Promise<void> {
  await page.locator('#composer').fill(text)
  await page.keyboard.press('Enter')
}

export const bubble = (page: Page, text: string) => page.getByRole('article').filter({ hasText: text })

/** In the invite dialog: the link that is made there. */
export async function makeLink(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Invite people' }).click()
  await page.getByRole('button', { name: 'Create link' }).click()
  await page.getByRole('button', { name: 'Copy link' }).click()
  await picture(page, 'real-invite')
  const link = await page.evaluate(() => navigator.clipboard.readText())
  await page.keyboard.press('Escape')
  return link
}
