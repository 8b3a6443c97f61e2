// Reading a long conversation with a wheel, keys and a finger, while somebody writes.

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

/** More than are loaded at once. */
const COUNT = 110

let stage: Stage
let alice: Page
let bob: Page
let written = 0

beforeAll(async () => {
  stage = await openStage()
  alice = await stage.person()
  bob = await stage.person()
  await signUp(alice, stage.site.origin, 'Alice', 'alice')
  await alice.getByRole('button', { name: 'New', exact: true }).click()
  await alice.getByRole('menuitem', { name: 'New group' }).click()
  await alice.getByLabel('Name').fill('Reading circle')
  await alice.getByRole('button', { name: 'Create group' }).click()
  await alice.getByRole('heading', { level: 1, name: 'Reading circle' }).waitFor()
  await alice.getByRole('button', { name: 'Details' }).click()
  const link = await makeLink(alice)
  await alice.getByRole('button', { name: 'Details' }).click()
  await bob.goto(link)
  await fillAccount(bob, 'Bob', 'bob')
  await bob.getByRole('button', { name: 'Create account and join' }).click()
  await keepKey(bob)
  await bob.getByRole('heading', { level: 1, name: 'Reading circle' }).waitFor()
  for (let n = 1; n <= COUNT; n++) await write(alice, `Line ${n}: ${'of the book '.repeat(n % 7)}`)
  await bubble(bob, `Line ${COUNT}:`).waitFor()
}, 180_000)

afterAll(() => stage?.close())

const list = (page: Page) => page.locator('[role=feed]').locator('xpath=../..')

/** How far the list is from its end, once it stands still. */
async function toEnd(page: Page): Promise<number> {
  return list(page).evaluate(async (element) => {
    const frame = () => new Promise((done) => requestAnimationFrame(done))
    let still = 0
    for (let before = -1; still < 15; await frame()) {
      still = element.scrollTop === before ? still + 1 : 0
      before = element.scrollTop
    }
    return Math.round(element.scrollHeight - element.clientHeight - element.scrollTop)
  })
}

/** Where a message stands, from the top of the list. */
async function place(page: Page, text: string): Promise<number> {
  await toEnd(page)
  const [row, whole] = await Promise.all([bubble(page, text).boundingBox(), list(page).boundingBox()])
  return Math.round((row?.y ?? Number.NaN) - (whole?.y ?? Number.NaN))
}

async function wheel(page: Page, deltaY: number): Promise<void> {
  await list(page).hover()
  await page.mouse.wheel(0, deltaY)
}

/** A message that is in the middle of what is in sight. */
async function inSight(page: Page): Promise<string> {
  await toEnd(page)
  const text = await list(page).evaluate((element) => {
    const { x, y, width, height } = element.getBoundingClientRect()
    for (let down = height / 3; down < height; down += 5) {
      const found = document.elementsFromPoint(x + width / 4, y + down).find((at) => at.matches('article'))
      const line = /Line \d+:/.exec(found?.textContent ?? '')
      if (line) return line[0]
    }
    return null
  })
  if (text === null) throw new Error('nothing in sight')
  return text
}

/** Somebody else writes; the one who reads stays where they are. */
async function staysWhileOthersWrite(page: Page): Promise<void> {
  const text = await inSight(page)
  const before = await place(page, text)
  for (let n = 0; n < 3; n++) await write(alice, `News ${++written}: ${'word '.repeat(40)}`)
  await bubble(alice, `News ${written}:`).getByText('Delivered').waitFor({ state: 'attached' })
  await page.getByRole('button', { name: /new message/ }).waitFor()
  expect(Math.abs((await place(page, text)) - before)).toBeLessThanOrEqual(2)
}

describe('whoever is at the end', () => {
  test('stays there when others write, when the field grows and when the window changes', async () => {
    expect(await toEnd(bob)).toBe(0)
    await write(alice, `Long ${'word '.repeat(300)}`)
    await bubble(bob, 'Long word').waitFor()
    expect(await toEnd(bob)).toBe(0)
    await bob.locator('#composer').fill('line\n'.repeat(8))
    expect(await toEnd(bob)).toBe(0)
    await bob.locator('#composer').fill('')
    await bob.setViewportSize({ width: 700, height: 600 })
    expect(await toEnd(bob)).toBe(0)
    await bob.setViewportSize({ width: 1280, height: 800 })
    expect(await toEnd(bob)).toBe(0)
  })

  test('leaves it with the first notch of the wheel', async () => {
    await bob.reload()
    await bubble(bob, 'Long word').waitFor()
    await list(bob).hover()
    await bob.mouse.wheel(0, -120)
    expect(await toEnd(bob)).toBeGreaterThan(100)
    await wheel(bob, 400)
    expect(await toEnd(bob)).toBe(0)
  })
})

describe('whoever is further up stays there when others write', () => {
  test('after one notch', async () => {
    await wheel(bob, -120)
    await staysWhileOthersWrite(bob)
    await wheel(bob, 100_000)
    expect(await toEnd(bob)).toBe(0)
  })

  test('after scrolling fast', async () => {
    for (let n = 0; n < 6; n++) await bob.mouse.wheel(0, -700)
    await staysWhileOthersWrite(bob)
  })

  test('after the Home key, when answering and when the window changes', async () => {
    await bob.locator('article[tabindex="0"]').focus()
    await bob.keyboard.press('Home')
    await expect.poll(() => toEnd(bob)).toBeGreaterThan(500)
    await staysWhileOthersWrite(bob)
    const text = await inSight(bob)
    const before = await place(bob, text)
    await bubble(bob, text).hover()
    await bob.getByRole('button', { name: 'Reply' }).click()
    await bob.getByText('Reply to Alice').waitFor()
    expect(Math.abs((await place(bob, text)) - before)).toBeLessThanOrEqual(2)
    await bob.setViewportSize({ width: 1280, height: 600 })
    expect(Math.abs((await place(bob, text)) - before)).toBeLessThanOrEqual(2)
    await bob.setViewportSize({ width: 1280, height: 800 })
    await bob.getByRole('button', { name: 'Cancel the reply' }).click()
  })
})

describe('a quoted message that is not loaded', () => {
  test('is shown after a reload, and one click leads to it', async () => {
    await bob.locator('article[tabindex="0"]').focus()
    for (let n = 0; n < 4 && (await bubble(bob, 'Line 2:').count()) === 0; n++) {
      await bob.keyboard.press('Home')
      await toEnd(bob)
    }
    await bubble(bob, 'Line 2:').hover()
    await bob.getByRole('button', { name: 'Reply' }).click()
    await write(bob, 'As it was said')
    await bubble(bob, 'As it was said').getByText('Delivered').waitFor({ state: 'attached' })
    await bob.reload()
    const quote = bubble(bob, 'As it was said').getByRole('button', { name: /Line 2:/ })
    await quote.waitFor()
    expect(await bubble(bob, 'Line 2:').count()).toBe(1)
    await picture(bob, 'real-quote')
    await quote.click()
    await expect.poll(() => bubble(bob, 'Line 3:').count()).toBe(1)
    await expect.poll(() => place(bob, 'Line 3:')).toBeGreaterThan(0)
    await staysWhileOthersWrite(bob)
    await bob.getByRole('button', { name: /new message/ }).click()
    expect(await toEnd(bob)).toBe(0)
  })
})

describe('with a finger', () => {
  let phone: Page

  beforeAll(async () => {
    phone = await stage.person({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })
    await signUp(phone, stage.site.origin, 'Carol', 'carol')
    await alice.getByRole('button', { name: 'Details' }).click()
    await alice.getByLabel('Add by handle').fill('@carol')
    await alice.getByRole('button', { name: 'Add', exact: true }).click()
    await alice.getByText('3 members').first().waitFor()
    await phone.getByRole('link', { name: /Reading circle/ }).tap()
    await write(alice, 'Tap me')
    await write(alice, 'Or me')
    await bubble(phone, 'Or me').waitFor()
  }, 60_000)

  const tools = () => phone.getByRole('toolbar')

  test('who comes later is told that there was something before', async () => {
    await phone.getByText('Messages from before you joined on this device are not shown here.').waitFor()
    await picture(phone, 'real-came-later')
  })

  test('a tap shows what can be done with a message, the next one hides it', async () => {
    await bubble(phone, 'Tap me').getByText('Tap me').tap()
    await tools().waitFor()
    await picture(phone, 'real-touch-tools')
    await bubble(phone, 'Or me').getByText('Or me').tap()
    await bubble(phone, 'Or me').getByRole('toolbar').waitFor()
    expect(await tools().count()).toBe(1)
    await bubble(phone, 'Or me').getByText('Or me').tap()
    await tools().waitFor({ state: 'detached' })
    await bubble(phone, 'Or me').getByText('Or me').tap()
    await phone.getByRole('heading', { level: 1 }).tap()
    await tools().waitFor({ state: 'detached' })
  })

  test('a long touch shows it too, and selects nothing', async () => {
    const at = await bubble(phone, 'Tap me').getByText('Tap me').boundingBox()
    if (!at) throw new Error('no message')
    const touch = await phone.context().newCDPSession(phone)
    const point = { x: at.x + 10, y: at.y + 10 }
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [point] })
    await tools().waitFor()
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
    await toEnd(phone)
    expect(await tools().count()).toBe(1)
    expect(await phone.evaluate(() => String(getSelection()))).toBe('')
  })

  test('one answers', async () => {
    await phone.getByRole('button', { name: 'Reply' }).tap()
    await phone.getByText('Reply to Alice').waitFor()
    await tools().waitFor({ state: 'detached' })
    await phone.locator('#composer').fill('Tapped')
    await phone.getByRole('button', { name: 'Send' }).tap()
    await bubble(alice, 'Tapped')
      .getByRole('button', { name: /Tap me/ })
      .waitFor()
  })
})

test('without one violation of the page’s policy and without an error', () => {
  expect(stage.complaints).toEqual([])
})
