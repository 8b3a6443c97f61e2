import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import type { CoreEvent } from '../../../src/core/client'

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

/** Something happens in the core. */
const emit = (page: Page, event: CoreEvent) =>
  page.evaluate(
    (event) => (globalThis as unknown as { core: { emit(event: unknown): void } }).core.emit(event),
    event,
  )

/** Lets the page write into a clipboard, or refuses it as a browser may. */
const setClipboard = (page: Page, works: boolean) =>
  page.evaluate((works) => {
    navigator.clipboard.writeText = () =>
      works ? Promise.resolve() : Promise.reject(new DOMException('', 'NotAllowedError'))
  }, works)

/** The newest message is in sight. */
const atEnd = (page: Page) =>
  expect
    .poll(
      () =>
        page.locator('[role=feed]').evaluate((feed) => {
          const list = feed.parentElement?.parentElement
          return list ? Math.round(list.scrollHeight - list.clientHeight - list.scrollTop) : 'no list'
        }),
      { timeout: 10_000 },
    )
    .toBe(0)

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
  { name: 'join-within', look: 'new', path: '/i/obqxezdj#gayt' },
  { name: 'join-member', look: 'full', path: '/i/mfrggzdf#gayt' },
  { name: 'join-broken', look: 'broken', path: '/i/mfrggzdf#gayt' },
  {
    name: 'empty',
    look: 'bare',
    path: '/',
    act: async (page) => {
      const begin = page.getByText(/^Your conversations will|^Vos conversations s’afficheront/)
      await begin.waitFor({ state: 'attached' })
      if (await page.getByText(/^Choose a conv|^Choisissez une conv/).count())
        throw new Error('nothing to choose')
    },
  },
  { name: 'list', look: 'full', path: '/' },
  { name: 'conversation', look: 'full', path: '/c/garden' },
  {
    name: 'typing',
    look: 'full',
    path: '/c/garden',
    act: async (page) => {
      await page.locator('#composer').fill('Shall I bring the ladder?')
      await emit(page, {
        event: 'typing',
        conversation: 'garden',
        person: { handle: 'samir', name: 'Samir Benali', account: 'x' },
      })
      await page.locator('article').last().hover()
      await page.getByRole('toolbar').getByRole('button').first().click()
    },
  },
  {
    name: 'long-word',
    look: 'full',
    path: '/c/garden',
    act: async (page) => {
      await page.locator('#composer').fill('Donaudampfschifffahrtsgesellschaftskapitän'.repeat(3))
      await page.keyboard.press('Enter')
      await page.locator('#composer').fill('Donaudampfschifffahrtsgesellschaftskapitän'.repeat(3))
      const overflow = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.querySelector('#composer') as HTMLElement
        return Math.max(scrollWidth - clientWidth, document.documentElement.scrollWidth - innerWidth)
      })
      if (overflow > 0) throw new Error(`${overflow} px wider than there is room`)
    },
  },
  {
    name: 'top',
    look: 'full',
    path: '/c/garden',
    act: (page) =>
      page.locator('[role=feed]').evaluate((feed) => feed.parentElement?.parentElement?.scrollTo(0, 0)),
  },
  {
    name: 'copied',
    look: 'full',
    path: '/c/garden',
    act: async (page) => {
      await setClipboard(page, true)
      await page.locator('article').last().focus()
      await page.keyboard.press('c')
      await page
        .getByText(/^Copied$|^Copié$/)
        .first()
        .waitFor()
    },
  },
  {
    name: 'copy-refused',
    look: 'full',
    path: '/settings/profile',
    act: async (page) => {
      await setClipboard(page, false)
      await named(page, 'button', /^Copy|^Copier/).click()
      await page
        .getByText(/by hand|à la main/)
        .first()
        .waitFor()
    },
  },
  { name: 'request', look: 'full', path: '/c/dleam' },
  {
    name: 'request-refuse',
    look: 'full',
    path: '/c/dleam',
    act: (page) => named(page, 'button', /^Refuse$|^Refuser$/).click(),
  },
  { name: 'came-later', look: 'full', path: '/c/later' },
  { name: 'fork', look: 'full', path: '/c/repair' },
  {
    name: 'alarm',
    look: 'full',
    path: '/c/garden',
    act: async (page) => {
      await emit(page, { event: 'alarm', code: 'commit_refused', conversation: 'garden' })
      await page.getByRole('alert').waitFor()
    },
  },
  {
    name: 'alarm-list',
    look: 'full',
    path: '/',
    act: async (page) => {
      await emit(page, { event: 'alarm', code: 'body_withheld', conversation: 'school' })
      const row = page.getByRole('link', { name: /Something to know|Quelque chose à savoir/ })
      await row.waitFor()
    },
  },
  {
    name: 'alarms',
    look: 'full',
    path: '/c/garden',
    act: async (page) => {
      for (const code of ['history_unverified', 'change_undone', 'receipt_differs', 'server_misbehaved']) {
        await emit(page, { event: 'alarm', code, conversation: 'garden' })
      }
      await emit(page, { event: 'alarm', code: 'other_account', conversation: null })
      await page.getByRole('alert').nth(4).waitFor()
      await named(page, 'button', /^Understood$|^Compris$/).waitFor()
    },
  },
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
      await page.getByText(/^Made by Samir|^Créé par Samir/).waitFor()
    },
  },
  {
    name: 'invite-revoke',
    look: 'full',
    path: '/c/garden/details',
    act: async (page) => {
      await named(page, 'button', /Invite people|Inviter des gens/).click()
      await page.getByRole('tab').nth(1).click()
      await named(page, 'button', /^Revoke the link|^Révoquer le lien/)
        .first()
        .click()
      await named(page, 'button', /^Revoke this link$|^Révoquer ce lien$/).waitFor()
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
  {
    name: 'new-community',
    look: 'full',
    path: '/',
    act: async (page) => {
      await named(page, 'button', /^New$|^Nouveau$/).click()
      await page.getByRole('menuitem').nth(2).click()
      await page.getByRole('textbox', { name: /Name|Nom/ }).fill('Quartier des Tanneurs')
    },
  },
  { name: 'communities-none', look: 'full', path: '/communities' },
  { name: 'communities', look: 'neighbour', path: '/communities' },
  {
    name: 'community-list',
    look: 'neighbour',
    path: '/',
    act: async (page) => {
      await page.locator('a time').first().waitFor()
      // No title is cut for which there is room; a community's name is cut only for want of it.
      const cut = await page.locator('a time').evaluateAll((times) =>
        times.flatMap((time) => {
          const [name, tag] = time.parentElement?.querySelectorAll('[dir=auto]') ?? []
          if (!(name && tag)) return []
          const end = time.getBoundingClientRect().left - 12
          const isCut = (part: Element) => part.scrollWidth > part.clientWidth
          const nameIsCut = isCut(name) && name.getBoundingClientRect().left + name.scrollWidth < end
          const tagIsCut = isCut(tag) && tag.getBoundingClientRect().right < end
          return [...(nameIsCut ? [name.textContent] : []), ...(tagIsCut ? [tag.textContent] : [])]
        }),
      )
      if (cut.length > 0) throw new Error(`cut for no reason: ${cut}`)
    },
  },
  { name: 'conversation-gone', look: 'full', path: '/c/elsewhere' },
  { name: 'community-gone', look: 'neighbour', path: '/communities/elsewhere' },
  { name: 'join-community-member', look: 'neighbour', path: '/i/nbswy3dp#gayt' },
  { name: 'community', look: 'neighbour', path: '/communities/quarter' },
  { name: 'community-admin', look: 'admin', path: '/communities/quarter' },
  {
    name: 'community-founded',
    look: 'full',
    path: '/',
    act: async (page) => {
      await named(page, 'button', /^New$|^Nouveau$/).click()
      await page.getByRole('menuitem').nth(2).click()
      await page.getByRole('textbox', { name: /Name|Nom/ }).fill('Chorale')
      await page.locator('form button[type=submit]').click()
      await page.getByRole('heading', { level: 1, name: 'Chorale' }).waitFor()
    },
  },
  {
    name: 'community-join',
    look: 'neighbour',
    path: '/communities/quarter',
    act: async (page) => {
      await named(page, 'button', /(Join|Rejoindre) Tool/).click()
      await page.getByRole('alert').waitFor()
      await named(page, 'button', /(Join|Rejoindre) Choir/).click()
      await named(page, 'button', /(Open|Ouvrir) Choir/).waitFor()
    },
  },
  {
    name: 'community-menu',
    look: 'admin',
    path: '/communities/quarter',
    act: async (page) => {
      await named(page, 'button', /More actions|Plus d’actions/).click()
      await page.getByRole('menuitem').first().waitFor()
    },
  },
  {
    name: 'community-group',
    look: 'admin',
    path: '/communities/quarter',
    act: async (page) => {
      await named(page, 'button', /New group|Nouveau groupe/).click()
      await page.getByRole('radio').last().click()
    },
  },
  {
    name: 'community-invite',
    look: 'admin',
    path: '/communities/quarter',
    act: async (page) => {
      await named(page, 'button', /Invite people|Inviter des gens/).click()
      await named(page, 'button', /Create link|Créer le lien/).click()
      await page.getByRole('img').first().waitFor()
    },
  },
  { name: 'community-members', look: 'admin', path: '/communities/quarter/members' },
  {
    name: 'community-remove',
    look: 'admin',
    path: '/communities/quarter/members',
    act: async (page) => {
      await named(page, 'button', /Inès/).click()
      await page.getByRole('menuitem').last().click()
      await named(page, 'button', /^Remove$|^Retirer$/).click()
      await page
        .getByRole('dialog')
        .getByText(/can take a moment|prendre un moment/)
        .waitFor()
      await page
        .getByRole('listitem')
        .filter({ hasText: /^Tool library$/ })
        .waitFor()
      await page.getByText(/may still be in|peut-être encore dans/).waitFor()
      await named(page, 'button', /^Make a new link$|^Nouveau lien$/).waitFor()
    },
  },
  { name: 'announcements', look: 'neighbour', path: '/communities/quarter/news' },
  {
    name: 'announce',
    look: 'admin',
    path: '/communities/quarter/news',
    act: async (page) => {
      await page.locator('#composer').fill('The bakery opens again on Monday.')
      await atEnd(page)
    },
  },
  {
    name: 'announce-groups',
    look: 'admin',
    path: '/communities/quarter/news',
    act: async (page) => {
      await named(page, 'button', /Choose groups|Choisir des groupes/).click()
      await page.getByRole('radio').last().click()
      await page.getByRole('checkbox').nth(1).click()
      await page.getByRole('checkbox').nth(2).click()
    },
  },
  {
    name: 'announce-refused',
    look: 'admin',
    path: '/communities/quarter/news',
    act: async (page) => {
      await page.locator('#composer').fill('The bakery opens again on Monday.')
      await named(page, 'button', /^Announce$|^Annoncer$/).click()
      await page.getByRole('alert').waitFor()
    },
  },
  {
    name: 'announced',
    look: 'admin',
    path: '/communities/quarter/news',
    act: async (page) => {
      await page.locator('#composer').fill('The bakery opens again on Monday.')
      await named(page, 'button', /Choose groups|Choisir des groupes/).click()
      await page.getByRole('radio').last().click()
      await page.getByRole('checkbox').nth(1).click()
      await page.getByRole('dialog').getByRole('button').last().click()
      await named(page, 'button', /^Announce$|^Annoncer$/).click()
      await named(page, 'button', /^Open$|^Ouvrir$/).waitFor()
      await atEnd(page)
    },
  },
  { name: 'announcements-none', look: 'neighbour', path: '/communities/jeanmoulin/school-news' },
  {
    name: 'announced-group',
    look: 'neighbour',
    path: '/communities/quarter/garden2',
    act: async (page) => {
      await page.getByText(/(For|Pour) Shared garden (and|et) Tool library/).waitFor()
      await atEnd(page)
    },
  },
  { name: 'admin-room', look: 'admin', path: '/communities/quarter/room/details' },
  { name: 'join-community', look: 'new', path: '/i/nbswy3dp#gayt' },
  {
    name: 'join-community-full',
    look: 'neighbour',
    path: '/i/nbswy3dp#gayt',
    act: async (page) => {
      await page.locator('main button').first().click()
      await page.getByRole('heading', { level: 1, name: 'Quartier' }).waitFor()
    },
  },
  { name: 'switcher', look: 'full', path: '/c/garden', act: (page) => page.keyboard.press('Control+k') },
  {
    name: 'switcher-community',
    look: 'admin',
    path: '/communities/quarter',
    act: async (page) => {
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox').waitFor()
      await page.keyboard.press('ArrowUp')
    },
  },
  {
    name: 'switcher-named',
    look: 'admin',
    path: '/communities/quarter',
    act: async (page) => {
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox').fill('quart')
      await page.getByRole('option', { selected: true, name: /^Quartier/ }).waitFor()
    },
  },
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
    act: (page) => page.getByText(/No connection|Pas de connexion/).waitFor(),
  },
  {
    name: 'online-again',
    look: 'offline',
    path: '/c/garden',
    act: async (page) => {
      await named(page, 'button', /^Try now$|^Réessayer maintenant$/).click()
      await page.getByText(/No connection|Pas de connexion/).waitFor({ state: 'detached' })
    },
  },
  { name: 'failed', look: 'failed', path: '/' },
]
