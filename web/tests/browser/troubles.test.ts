// A full disk, a server that hangs, a network that goes: the page says so, loses nothing, and goes on by itself.

import type { CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bubble, fillAccount, keepKey, openStage, picture, type Stage, signUp, write } from './stage'

/** A silent server is asked, and given up, after this long at most; and tried again as long after. */
const NOTICED = { timeout: 60_000 }

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
}, 60_000)

afterAll(() => stage?.close())

const sessions = new WeakMap<Page, CDPSession>()

/** Lets the page's origin have so many bytes; any number without one. */
async function setQuota(page: Page, bytes?: number): Promise<void> {
  // The limit ends with the session that set it.
  const session = sessions.get(page) ?? (await page.context().newCDPSession(page))
  sessions.set(page, session)
  const params = { origin: stage.site.origin, ...(bytes !== undefined && { quotaSize: bytes }) }
  await session.send('Storage.overrideQuotaForOrigin', params)
}

function usage(page: Page): Promise<number> {
  return page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0)
}

/** Somebody with a group of their own, in it. */
async function withGroup(name: string): Promise<Page> {
  const page = await stage.person()
  await signUp(page, stage.site.origin, name, name.toLowerCase())
  await page.getByRole('button', { name: 'New', exact: true }).click()
  await page.getByRole('menuitem', { name: 'New group' }).click()
  await page.getByLabel('Name').fill('Shared garden')
  await page.getByRole('button', { name: 'Create group' }).click()
  await page.getByRole('heading', { level: 1, name: 'Shared garden' }).waitFor()
  await write(page, 'First!')
  await bubble(page, 'First!').getByText('Sent').waitFor({ state: 'attached' })
  return page
}

const create = (page: Page) => page.getByRole('button', { name: 'Create account' })
const isFull = (page: Page) =>
  page.getByText('This device’s storage is full, so nothing could be saved').first()
const noConnection = (page: Page) => page.getByText('No connection. Keep this page open')

describe('a full disk', () => {
  // From less than the database needs empty, to more than it needs at the end.
  for (const quota of [900_000, 1_200_000, 1_500_000]) {
    test(`with ${quota} bytes: an account is made with its key shown, now or when there is room`, {
      timeout: 120_000,
    }, async () => {
      const page = await stage.person()
      await page.goto(`${stage.site.origin}/empty`)
      await setQuota(page, quota)
      await page.goto(`${stage.site.origin}/sign-up`)
      const shown = page.getByRole('heading', { name: 'Keep your recovery key' })
      await create(page).or(isFull(page)).waitFor()
      if (await create(page).isVisible()) {
        await fillAccount(page, 'Dora', `dora${quota}`)
        await create(page).click()
        await shown.or(isFull(page)).first().waitFor()
      }
      console.log(`${quota}: ${(await shown.isVisible()) ? 'made at once' : 'told that it is full'}`)
      await picture(page, `real-full-${quota}`)
      await setQuota(page)
      if (!(await shown.isVisible())) {
        if (!(await create(page).isVisible())) {
          await page.getByRole('button', { name: 'Reload' }).click()
          await fillAccount(page, 'Dora', `dora${quota}`)
        }
        await create(page).click()
      }
      // Whoever reloads before they have noted it sees it again.
      await shown.waitFor()
      page.once('dialog', (dialog) => dialog.accept())
      await page.reload()
      const key = await keepKey(page)
      expect(key.replaceAll('-', '')).toMatch(/^[a-z2-7]{55}$/)
      await page.getByText('It is quiet here').waitFor()
      await page.reload()
      await page.getByText('It is quiet here').waitFor()
      await page.context().close()
    })
  }

  test('gives back what could not be kept, and lets one read', { timeout: 180_000 }, async () => {
    const page = await withGroup('Emil')
    await setQuota(page, (await usage(page)) + 2_000)
    const long = (n: number) => `Number ${n}: ${'long '.repeat(6_000)}`
    let n = 0
    // The log of the database has some room of its own; what is kept there goes out when there is room for what follows.
    for (; n < 200; n++) {
      await write(page, long(n))
      await bubble(page, `Number ${n}:`).or(isFull(page)).first().waitFor({ state: 'attached' })
      if (await isFull(page).isVisible()) break
    }
    expect(n).toBeLessThan(200)
    console.log(`${n} messages were kept before the storage was full`)
    await expect.poll(() => page.locator('#composer').inputValue()).toContain(`Number ${n}:`)
    await page.getByText('This device’s storage is full. You can read').waitFor()
    await picture(page, 'real-full')
    await page.reload()
    await page.getByRole('heading', { level: 1, name: 'Shared garden' }).waitFor()
    await bubble(page, n > 0 ? `Number ${n - 1}:` : 'First!').waitFor()
    await page.getByText('This device’s storage is full. You can read').waitFor()
    await setQuota(page)
    for (let kept = 0; kept < n; kept++) {
      await bubble(page, `Number ${kept}:`)
        .getByText('Sent')
        .waitFor({ state: 'attached', ...NOTICED })
    }
    await write(page, 'There is room again')
    await bubble(page, 'There is room again')
      .getByText('Sent')
      .waitFor({ state: 'attached', ...NOTICED })
    expect(await page.getByText(/damaged/).count()).toBe(0)
    await page.context().close()
  })
})

describe('no connection', () => {
  test('a server that hangs is noticed, and what was written meanwhile goes out', {
    timeout: 180_000,
  }, async () => {
    const page = await withGroup('Frida')
    stage.site.hang(true)
    try {
      await write(page, 'Into the silence')
      await noConnection(page).waitFor(NOTICED)
      await picture(page, 'real-hung')
    } finally {
      stage.site.hang(false)
    }
    await bubble(page, 'Into the silence')
      .getByText('Sent')
      .waitFor({ state: 'attached', ...NOTICED })
    await noConnection(page).waitFor({ state: 'detached', ...NOTICED })
    await page.context().close()
  })

  test('a server that is away is tried again at once when somebody asks for it', {
    timeout: 180_000,
  }, async () => {
    const page = await withGroup('Hanna')
    stage.site.away(true)
    const before = stage.site.asked()
    await noConnection(page).waitFor(NOTICED)
    // By now the pauses are longer than what is waited below.
    await expect.poll(() => stage.site.asked() - before, NOTICED).toBeGreaterThan(4)
    await picture(page, 'real-away')
    stage.site.away(false)
    await page.getByRole('button', { name: 'Try now' }).click()
    await noConnection(page).waitFor({ state: 'detached', timeout: 3_000 })
    await page.context().close()
  })

  test('a server that is away when one signs up is said to be, and the account is made when it is back', {
    timeout: 180_000,
  }, async () => {
    const page = await stage.person()
    await page.goto(`${stage.site.origin}/sign-up`)
    await fillAccount(page, 'Ida', 'ida')
    stage.site.away(true)
    await create(page).click()
    await page.getByText('The server does not answer yet').waitFor()
    await picture(page, 'real-away-sign-up')
    stage.site.away(false)
    await keepKey(page)
    await page.getByText('It is quiet here').waitFor()
    await page.context().close()
  })

  test('a network that the browser has lost is noticed, and when it is back', {
    timeout: 180_000,
  }, async () => {
    const page = await withGroup('Greta')
    await page.context().setOffline(true)
    await noConnection(page).waitFor(NOTICED)
    await page.context().setOffline(false)
    await noConnection(page).waitFor({ state: 'detached', ...NOTICED })
    await write(page, 'Back')
    await bubble(page, 'Back')
      .getByText('Sent')
      .waitFor({ state: 'attached', ...NOTICED })
    await page.context().close()
  })
})
