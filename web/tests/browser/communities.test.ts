// A community as people live in it: an admin and a friend, each in a browser of their own, the real core, a real server.

import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  bubble,
  fillAccount,
  keepKey,
  makeLink,
  openStage,
  picture,
  type Stage,
  signUp,
  tabOf,
  write,
} from './stage'

let stage: Stage
let admin: Page
let friend: Page
let link = ''

beforeAll(async () => {
  stage = await openStage()
  admin = await stage.person()
  friend = await stage.person()
}, 60_000)

afterAll(() => stage?.close())

const home = (page: Page) => page.getByRole('link', { name: 'Community home' })
const group = (page: Page, name: string) => page.getByRole('link', { name: new RegExp(`^${name}`) }).first()

async function newGroup(page: Page, name: string, description: string): Promise<void> {
  await page.getByRole('button', { name: 'New group' }).click()
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Description').fill(description)
  await page.getByRole('button', { name: 'Create group' }).click()
  await page.getByRole('heading', { level: 1, name }).waitFor()
}

async function announce(page: Page, text: string): Promise<void> {
  await page.locator('#composer').fill(text)
  await page.getByRole('button', { name: 'Announce', exact: true }).click()
  await page
    .getByText(/^Announced/)
    .first()
    .waitFor()
}

describe('a community', () => {
  test('is created with announcements and a first group', async () => {
    await signUp(admin, stage.site.origin, 'Amina', 'amina')
    await admin.getByRole('button', { name: 'New', exact: true }).click()
    await admin.getByRole('menuitem', { name: 'New community' }).click()
    await admin.getByLabel('Name').fill('Riverside')
    await admin.getByLabel('Description').fill('Everybody by the river')
    await admin.getByRole('button', { name: 'Create community' }).click()
    await admin.getByRole('heading', { level: 1, name: 'Riverside' }).waitFor()
    await admin.getByText('Owner', { exact: true }).waitFor()
    await admin
      .getByRole('link', { name: /Admin room/ })
      .first()
      .waitFor()
    await group(admin, 'General').click()
    await write(admin, 'The first word')
    await bubble(admin, 'The first word').getByText('Sent').waitFor({ state: 'attached' })
    await home(admin).click()
    await group(admin, 'Announcements').waitFor()
    await picture(admin, 'real-community')
  })

  test('has groups that its members find, and a link that leads into it', async () => {
    await newGroup(admin, 'Choir', 'On Wednesdays')
    await home(admin).click()
    await newGroup(admin, 'Boats', 'Oars and paint')
    await home(admin).click()
    await group(admin, 'Boats').waitFor()
    link = await makeLink(admin)
    expect(link).toContain(`${stage.site.origin}/i/`)
  })

  test('is entered by the link while no admin is there', async () => {
    await admin.goto('about:blank')
    await friend.goto(link)
    await friend.getByRole('heading', { name: 'Riverside' }).waitFor()
    await friend.getByText('Everybody by the river').waitFor()
    await friend.getByText('You get its announcements.').waitFor()
    await picture(friend, 'real-join-community')
    await fillAccount(friend, 'Farid', 'farid')
    await friend.getByRole('button', { name: 'Create account and join' }).click()
    await keepKey(friend)
    await friend.getByRole('heading', { level: 1, name: 'Riverside' }).waitFor()
    await friend.getByText('Member', { exact: true }).waitFor()
    await group(friend, 'General').click()
    await write(friend, 'Hello from the friend')
    await bubble(friend, 'Hello from the friend').getByText('Sent').waitFor({ state: 'attached' })
  })

  test('reaches everybody with an announcement, each once', async () => {
    await admin.goto(stage.site.origin)
    await admin.getByRole('link', { name: 'Riverside' }).first().click()
    await group(admin, 'General').click()
    await bubble(admin, 'Hello from the friend').waitFor()
    await write(admin, 'Welcome, Farid')
    await bubble(friend, 'Welcome, Farid').waitFor()
    await admin
      .getByRole('link', { name: /^Announcements/ })
      .first()
      .click()
    await admin.getByText(/Everybody in Riverside will read this/).waitFor()
    await announce(admin, 'The bridge is closed on Sunday')
    await bubble(admin, 'The bridge is closed on Sunday').waitFor()
    await picture(admin, 'real-announcements')

    await home(friend).click()
    await friend.getByText('The bridge is closed on Sunday').first().waitFor()
    await picture(friend, 'real-community-friend')
    await friend
      .getByRole('link', { name: /^Announcements/ })
      .first()
      .click()
    await bubble(friend, 'The bridge is closed on Sunday').waitFor()
    expect(await bubble(friend, 'The bridge is closed on Sunday').count()).toBe(1)
    await friend.getByText('Only admins post here.').waitFor()
    expect(await friend.locator('#composer').count()).toBe(0)
  })

  test('lets its members into an open group with one click', async () => {
    await home(friend).click()
    await friend.getByText('On Wednesdays').waitFor()
    await friend.getByRole('button', { name: 'Join Choir' }).click()
    await friend.getByRole('button', { name: 'Open Choir' }).click()
    await friend.getByRole('heading', { level: 1, name: 'Choir' }).waitFor()
    await write(friend, 'May I sing?')
    await group(admin, 'Choir').click()
    await bubble(admin, 'May I sing?').waitFor()
  })

  test('is named by the link of one of its groups', async () => {
    await admin.getByRole('button', { name: 'Details' }).click()
    const toChoir = await makeLink(admin)
    const guest = await stage.person()
    await guest.goto(toChoir)
    await guest.getByRole('heading', { name: 'Choir' }).waitFor()
    await guest.getByText('This group belongs to a community.').waitFor()
    await picture(guest, 'real-join-group-of-community')
    await guest.context().close()
    await admin.getByRole('button', { name: 'Details' }).click()
  })

  test('announces to chosen groups, in the group, each once', async () => {
    await admin
      .getByRole('link', { name: /^Announcements/ })
      .first()
      .click()
    await admin.getByRole('button', { name: 'Choose groups' }).click()
    await admin.getByRole('radio', { name: /Chosen groups/ }).click()
    await admin.getByRole('checkbox', { name: 'Choir' }).click()
    await admin.getByRole('checkbox', { name: 'General' }).click()
    await admin.getByRole('button', { name: 'Use this' }).click()
    await admin.getByText(/Only the members of (Choir and General|General and Choir)/).waitFor()
    await picture(admin, 'real-announce-groups')
    await announce(admin, 'We sing on the bridge')
    // What is announced next is for the same people, until somebody else is chosen.
    await admin.getByText(/Only the members of (Choir and General|General and Choir)/).waitFor()

    // What one has looked at is read, and stays so.
    await admin.locator('nav').getByText('Something unread').first().waitFor({ state: 'detached' })
    await friend.getByText('We sing on the bridge').first().waitFor()
    const seen = []
    for (const name of ['Choir', 'General', 'Announcements']) {
      await group(friend, name).click()
      await friend.getByRole('heading', { level: 1, name }).waitFor()
      await friend.getByRole('article').first().waitFor()
      const announced = bubble(friend, 'We sing on the bridge')
      if ((await announced.count()) === 0) continue
      // In a group one reads for which others it is, too.
      await announced.getByText(/^For (Choir and General|General and Choir)$/).waitFor()
      seen.push([name, await announced.count()])
      await picture(friend, 'real-announced-group')
    }
    expect(seen).toEqual([[expect.stringMatching(/Choir|General/), 1]])
  })

  test('keeps all when the page is loaded again', async () => {
    await friend.reload()
    await friend.getByRole('link', { name: 'Riverside' }).first().click()
    await friend.getByRole('heading', { level: 1, name: 'Riverside' }).waitFor()
    await group(friend, 'Choir').waitFor()
    await group(friend, 'General').waitFor()
    await friend
      .getByRole('link', { name: /^Announcements/ })
      .first()
      .click()
    await bubble(friend, 'The bridge is closed on Sunday').waitFor()
    expect(await bubble(friend, 'The bridge is closed on Sunday').count()).toBe(1)
  })

  test('is walked through with the keyboard alone', async () => {
    await admin.getByRole('link', { name: 'Riverside' }).first().focus()
    await admin.keyboard.press('Enter')
    await admin.getByRole('heading', { level: 1, name: 'Riverside' }).waitFor()
    await admin.keyboard.press('Alt+ArrowDown')
    await admin.getByRole('heading', { level: 1, name: 'Announcements' }).waitFor()
    await admin.keyboard.press('Alt+ArrowDown')
    await admin.getByRole('heading', { level: 1, name: 'Admin room' }).waitFor()
    await home(admin).focus()
    await admin.keyboard.press('Enter')
    await admin.getByRole('button', { name: 'More actions' }).focus()
    await admin.keyboard.press('Enter')
    await admin.getByRole('menuitem', { name: 'Name and description' }).waitFor()
    await admin.keyboard.press('ArrowDown')
    await admin.keyboard.press('Enter')
    await admin.getByRole('textbox', { name: 'Description' }).fill('Everybody by the river, and their boats')
    await admin.keyboard.press('Tab')
    await admin.keyboard.press('Tab')
    await admin.keyboard.press('Enter')
    await admin.getByText('Everybody by the river, and their boats').waitFor()
    await home(friend).click()
    await friend.getByText('Everybody by the river, and their boats').waitFor()
  })

  test('is entered and read on a telephone, in French', async () => {
    const chloe = await stage.person({
      locale: 'fr-FR',
      viewport: { width: 390, height: 844 },
      colorScheme: 'dark',
      hasTouch: true,
    })
    await chloe.goto(link)
    await chloe.getByText('Vous êtes invité·e dans une communauté').waitFor()
    await chloe.getByLabel('Votre nom').fill('Chloé')
    await chloe.getByRole('button', { name: 'Créer le compte et entrer' }).click()
    await chloe.getByRole('checkbox').click()
    await chloe.getByRole('button', { name: 'Continuer' }).click()
    await chloe.getByRole('heading', { level: 1, name: 'Riverside' }).waitFor()
    await picture(chloe, 'real-phone-home')
    await chloe.getByRole('button', { name: 'Rejoindre Boats' }).click()
    await chloe.getByRole('button', { name: 'Ouvrir Boats' }).click()
    await chloe.getByRole('heading', { level: 1, name: 'Boats' }).waitFor()
    await chloe.locator('#composer').fill('Bonjour !')
    await chloe.getByRole('button', { name: 'Envoyer' }).click()
    await bubble(chloe, 'Bonjour !')
      .getByText(/Envoyé|Distribué/)
      .waitFor({ state: 'attached' })
    await picture(chloe, 'real-phone-group')
    await chloe.getByRole('button', { name: 'Retour' }).click()
    await chloe.getByRole('link', { name: /^Annonces/ }).click()
    await chloe.getByText('Seuls les admins publient ici.').waitFor()
    await chloe.getByRole('button', { name: 'Retour' }).click()
    await chloe.getByRole('heading', { level: 1, name: 'Riverside' }).waitFor()
    await chloe.goto(`${stage.site.origin}/communities`)
    await chloe.getByRole('link', { name: /Riverside/ }).waitFor()
    await chloe.context().close()
  })

  test('shows its members to its admins, who promote and remove', async () => {
    await home(admin).click()
    await admin
      .getByText(/\d members/)
      .first()
      .waitFor()
    await admin.getByRole('button', { name: 'Members' }).click()
    await admin.getByRole('button', { name: 'Actions for Farid' }).click()
    await admin.getByRole('menuitem', { name: 'Make admin' }).click()
    await friend
      .getByRole('link', { name: /^Admin room/ })
      .first()
      .waitFor()
    await home(friend).click()
    await friend.getByText('Admin', { exact: true }).first().waitFor()
    await picture(admin, 'real-community-members')
    await admin.getByRole('button', { name: 'Actions for Farid' }).click()
    await admin.getByRole('menuitem', { name: 'Remove from the community' }).click()
    await admin.getByRole('button', { name: 'Remove', exact: true }).click()
    await admin.getByRole('button', { name: 'Actions for Farid' }).waitFor({ state: 'detached' })
    await admin
      .getByText('Farid was removed, and the link they joined with no longer works')
      .first()
      .waitFor()
    await picture(admin, 'real-link-ended')
    await admin.getByRole('button', { name: 'Make a new link' }).click()
    await admin.getByRole('button', { name: 'Create link' }).waitFor()
    await admin.keyboard.press('Escape')
    await friend.getByText('You are not in this community').waitFor()
    await friend.getByText('No community yet').waitFor()
    await picture(friend, 'real-removed')
  })

  test('is whole in another tab', async () => {
    const tab = await tabOf(admin.context(), stage.complaints)
    await tab.goto(admin.url())
    await tab.getByRole('heading', { level: 1, name: 'Riverside' }).waitFor()
    await group(tab, 'Choir').waitFor()
    await tab.close()
  })

  test('without one violation of the page’s policy and without an error', () => {
    expect(stage.complaints).toEqual([])
  })
})
