// The page as people use it: two browsers, the real core, a real server.

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
  write,
} from './stage'

let stage: Stage
let alice: Page
let bob: Page

beforeAll(async () => {
  stage = await openStage()
  alice = await stage.person()
  bob = await stage.person()
}, 60_000)

afterAll(() => stage?.close())

describe('two people', () => {
  let key = ''

  test('sign up, and are shown the recovery key once', async () => {
    await alice.goto(stage.site.origin)
    await alice.getByRole('button', { name: 'Create an account' }).click()
    await fillAccount(alice, 'Alice', 'alice')
    await alice.getByRole('button', { name: 'Create account' }).click()
    key = await keepKey(alice)
    expect(key.replaceAll('-', '')).toMatch(/^[a-z2-7]{55}$/)
    await alice.getByText('It is quiet here').waitFor()
  })

  test('make a group and a link into it', async () => {
    await alice.getByRole('button', { name: 'New', exact: true }).click()
    await alice.getByRole('menuitem', { name: 'New group' }).click()
    await alice.getByLabel('Name').fill('Shared garden')
    await alice.getByLabel('Description').fill('Behind the school')
    await alice.getByRole('button', { name: 'Create group' }).click()
    await alice.getByRole('heading', { level: 1, name: 'Shared garden' }).waitFor()
    await write(alice, 'First!')
    await bubble(alice, 'First!').getByText('Sent').waitFor({ state: 'attached' })
    await alice.getByRole('button', { name: 'Details' }).click()
    const link = await makeLink(alice)
    expect(link).toContain(`${stage.site.origin}/i/`)

    await bob.goto(link)
    await bob.getByRole('heading', { name: 'Shared garden' }).waitFor()
    await bob.getByText('Behind the school').waitFor()
    expect(new URL(bob.url()).hash).toBe('')
    await picture(bob, 'real-join')

    // The secret is not lost with a reload, and a whole link that is pasted over the address is taken.
    await bob.reload()
    await bob.getByRole('heading', { name: 'Shared garden' }).waitFor()
    await bob.evaluate(() => sessionStorage.clear())
    await bob.reload()
    await bob.getByText('The secret part of the link is missing').waitFor()
    await bob.goto(link)
    await bob.getByRole('heading', { name: 'Shared garden' }).waitFor()
    expect(new URL(bob.url()).hash).toBe('')
  })

  test('enter by the link with a name and a handle', async () => {
    await fillAccount(bob, 'Bob', 'alice')
    await bob.getByRole('button', { name: 'Create account and join' }).click()
    await bob.getByText('This handle is taken').waitFor()
    await bob.getByLabel('Your handle').fill('bob')
    await bob.getByRole('button', { name: 'Create account and join' }).click()
    await keepKey(bob)
    await bob.getByRole('heading', { level: 1, name: 'Shared garden' }).waitFor()
    await alice.getByText('Bob joined by a link').waitFor()
    expect(await bob.evaluate(() => sessionStorage.length)).toBe(0)
  })

  test('write to each other, see that it arrived and who is typing', async () => {
    await bob.locator('#composer').pressSequentially('Hello')
    await alice.getByText('Bob is typing…').first().waitFor()
    await bob.keyboard.press('Enter')
    await bubble(alice, 'Hello').waitFor()
    await bubble(bob, 'Hello').getByText('Delivered').waitFor({ state: 'attached' })
    await bubble(alice, 'Hello').hover()
    await alice.getByRole('button', { name: 'Reply' }).click()
    await write(alice, 'Welcome')
    await bubble(bob, 'Welcome').getByRole('button', { name: /Hello/ }).waitFor()
    await picture(alice, 'real-conversation')
  })

  test('keep their conversations when the page is loaded again, and share them between tabs', async () => {
    await bob.reload()
    await bubble(bob, 'Welcome').waitFor()
    const tab = await bob.context().newPage()
    await tab.goto(bob.url())
    await bubble(tab, 'Welcome').waitFor()
    await write(tab, 'From the other tab')
    await bubble(bob, 'From the other tab').waitFor()
    await bubble(alice, 'From the other tab').waitFor()
    await tab.close()
  })

  test('a stranger’s first message is a request', async () => {
    const carol = await stage.person()
    await signUp(carol, stage.site.origin, 'Carol', 'carol')
    await carol.getByRole('button', { name: 'New message' }).click()
    await carol.getByLabel('To').fill('@nobody-here')
    await carol.getByLabel('Message', { exact: true }).fill('May I join?')
    await carol.getByRole('button', { name: 'Send' }).click()
    await carol.getByText('Nobody on this server has this handle').waitFor()
    await carol.getByLabel('To').fill('alice')
    await carol.getByRole('button', { name: 'Send' }).click()
    await bubble(carol, 'May I join?').waitFor()
    await alice.getByText('Request', { exact: true }).waitFor()
    await picture(alice, 'real-requested')
    await alice.getByRole('link', { name: /Carol/ }).click()
    await alice.getByText('Carol wants to write to you').waitFor()
    await picture(alice, 'real-request')
    await alice.getByRole('button', { name: 'Accept' }).click()
    await write(alice, 'Of course')
    await bubble(carol, 'Of course').waitFor()
    await carol.context().close()
  })

  test('administer: promote, rename, add and remove', async () => {
    await alice.getByRole('link', { name: /Shared garden/ }).click()
    await alice.getByRole('button', { name: 'Details' }).click()
    await alice.getByLabel('Add by handle').fill('@carol @nobody-here')
    await alice.getByRole('button', { name: 'Add', exact: true }).click()
    await alice.getByText('Nobody on this server has the handle @nobody-here').waitFor()
    await alice.getByLabel('Add by handle').fill('@carol')
    await alice.getByRole('button', { name: 'Add', exact: true }).click()
    await alice.getByText('3 members').first().waitFor()
    await alice.getByRole('button', { name: 'Actions for Carol' }).click()
    await alice.getByRole('menuitem', { name: 'Remove from the group' }).click()
    await alice.getByRole('button', { name: 'Remove', exact: true }).click()
    await alice.getByText('2 members').first().waitFor()
    await alice.getByRole('button', { name: 'Actions for Bob' }).click()
    await alice.getByRole('menuitem', { name: 'Make admin' }).click()
    await bob.getByRole('button', { name: 'Details' }).click()
    await bob.getByRole('button', { name: 'Edit group' }).click()
    await bob.getByRole('textbox', { name: 'Name' }).fill('Our garden')
    await bob.getByRole('button', { name: 'Save' }).click()
    await alice.getByRole('heading', { level: 1, name: 'Our garden' }).waitFor()
    await picture(alice, 'real-details')
  })

  test('come back by way of an invitation, and go on to it', async () => {
    await alice.getByRole('button', { name: 'New', exact: true }).click()
    await alice.getByRole('menuitem', { name: 'New group' }).click()
    await alice.getByLabel('Name').fill('Tool library')
    await alice.getByRole('button', { name: 'Create group' }).click()
    await alice.getByRole('heading', { level: 1, name: 'Tool library' }).waitFor()
    await alice.getByRole('button', { name: 'Details' }).click()
    const again = await stage.person()
    await again.goto(await makeLink(alice))
    await again.getByRole('heading', { name: 'Tool library' }).waitFor()
    await again.getByRole('button', { name: 'I already have an account' }).click()
    await again.reload()
    await again.getByLabel('Your handle').fill('alice')
    await again.getByLabel('Recovery key').fill(key)
    await again.getByRole('button', { name: 'Recover account' }).click()
    await again.getByText('You are in this group already.').waitFor()
    await again.context().close()
  })

  test('come back on a new device with the recovery key', async () => {
    const again = await stage.person()
    // An invitation that does not work is in nobody's way.
    await again.goto(`${stage.site.origin}/i/${'a'.repeat(26)}#${'a'.repeat(52)}`)
    await again.getByText('This invitation does not work').waitFor()
    await again.getByRole('button', { name: 'To the first page' }).click()
    await again.getByRole('button', { name: 'I already have an account' }).click()
    await again.getByLabel('Your handle').fill('alice')
    await again.getByLabel('Recovery key').fill(key.slice(0, -2))
    await again.getByText('2 more characters').waitFor()
    await again.getByLabel('Recovery key').fill(key.toUpperCase().replaceAll('-', ' '))
    await again.getByRole('button', { name: 'Recover account' }).click()
    await again.getByRole('link', { name: /Our garden/ }).click()
    await again.getByText('Messages from before you joined on this device are not shown here.').waitFor()
    await picture(again, 'real-recovered')
    await again.goto(`${stage.site.origin}/settings/devices`)
    await again.getByText('Device 3').waitFor()
    await picture(again, 'real-devices')
    await again.context().close()
  })

  test('change their name and their language', async () => {
    await bob.goto(`${stage.site.origin}/settings/profile`)
    await bob.getByLabel('Name').fill('Robert')
    await bob.getByRole('button', { name: 'Save' }).click()
    await bob.getByText('Saved').first().waitFor()
    await bob.goto(`${stage.site.origin}/settings/appearance`)
    await bob.getByRole('radio', { name: 'Français' }).click()
    await bob.getByRole('heading', { name: 'Langue et apparence' }).waitFor()
  })

  test('without one violation of the page’s policy and without an error', () => {
    expect(stage.complaints).toEqual([])
  })
})
