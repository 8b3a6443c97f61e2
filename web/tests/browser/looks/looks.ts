import type { Page } from 'playwright-core'

/** A screen in a situation. */
export interface Look {
  name: string
  /** What the made-up core has. */
  look: string
  path: string
  act?: (page: Page) => Promise<unknown>
}

const named = (page: Page, role: 'button' | 'tab' | 'menuitem', name: RegExp) =>
  page.getByRole(role, { name }).first()

/** Every screen. */
export const LOOKS: readonly Look[] = [
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
    act: async (page) => {
      await named(page, 'button', /Inès/).click()
      await page.getByRole('menuitem').first().waitFor()
    },
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
  {
    name: 'offline',
    look: 'offline',
    path: '/c/garden',
    act: (page) => page.getByText(/You are offline|hors ligne/).waitFor(),
  },
  { name: 'failed', look: 'failed', path: '/' },
]
