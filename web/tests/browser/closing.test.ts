// A tab that is closed in the middle of a commit, and the next one in the same browser: it goes on.

import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { MemberInfo, MessageInfo, Request } from '../../src/core/api'
import { ask, type Devices, read, received, register, send, startDevices, state, texts } from './devices'

/** Spread over the time that a commit takes, from before it is made until it has come back; milliseconds. */
const MOMENTS_MS = [0, 2, 5, 10, 20, 35, 60, 100, 160, 250]

let devices: Devices

beforeAll(async () => {
  devices = await startDevices()
})

afterAll(() => devices?.stop())

afterEach(async () => {
  expect(await devices.leave()).toEqual([])
})

type Role = MemberInfo['role']

function promote(target: string, handle: string, role: Role): Request {
  return { method: 'group_promote', params: { target, handle, role, until: null } }
}

/** Asks, and does not wait: the tab will not be there when it is answered. */
function begin(page: Page, ...requests: Request[]): Promise<void> {
  return page.evaluate((requests) => {
    for (const request of requests) window.core.request(request).catch(() => {})
  }, requests)
}

/** Closes the tab, and opens another one that has caught up. */
async function again(context: BrowserContext, page: Page): Promise<Page> {
  await page.close()
  const next = await devices.tab(context)
  expect(await state(next)).toBe('ready')
  const synced = await ask<{ undecryptable: number; epoch_repairs: number }>(next, { method: 'sync' })
  expect([synced.undecryptable, synced.epoch_repairs]).toEqual([0, 0])
  return next
}

async function roles(page: Page, target: string): Promise<Record<string, Role>> {
  const members = await ask<MemberInfo[]>(page, { method: 'group_members', params: { target } })
  expect(new Set(members.map((member) => member.handle)).size).toBe(members.length)
  return Object.fromEntries(members.map((member) => [member.handle, member.role]))
}

/** How often somebody was given a role, or let in. */
async function count(page: Page, target: string, kind: MessageInfo['kind']): Promise<number> {
  return (await read(page, target, true)).filter((message) => message.kind === kind).length
}

test('whenever a tab is closed, the next one has lost nothing and doubles nothing', {
  timeout: 240_000,
}, async () => {
  const { anne, annes, berts, group } = await devices.pair('anna', 'bertold')
  const friends = MOMENTS_MS.map((_, n) => `friend${n}`).filter((_, n) => n % 2 === 1)
  for (const friend of friends) {
    const theirs = await devices.tab(await devices.person())
    await register(theirs, friend)
    await ask(theirs, { method: 'sync' })
    await theirs.context().close()
  }
  let page = annes
  let promotions = 0
  let done = 0
  const said: string[] = []
  for (const [n, moment] of MOMENTS_MS.entries()) {
    const friend = `friend${n}`
    const role: Role = n % 4 === 0 ? 'admin' : 'member'
    const adds = friends.includes(friend)
    const change: Request = adds
      ? { method: 'group_add', params: { target: group, handles: [friend] } }
      : promote(group, 'bertold', role)
    const text = `said in round ${n}`
    const saying: Request = {
      method: 'send',
      params: { target: group, text, idempotency: text, queue: true },
    }
    await begin(page, change, saying)
    // The fault, not a wait for anything.
    await new Promise((passed) => setTimeout(passed, moment))
    page = await again(anne, page)
    const before = await roles(page, group)
    const isDone = adds ? friend in before : before.bertold === role
    done += Number(isDone)
    // Whoever does not see it done asks again.
    if (!isDone) await ask(page, change)
    await ask(page, saying)
    promotions += Number(!adds)
    said.push(text)
    await received(berts, text)
    const now = await roles(page, group)
    expect(adds ? friend in now : now.bertold === role).toBe(true)
  }
  console.log(`${done} of ${MOMENTS_MS.length} were done when the next tab had caught up`)
  await ask(berts, { method: 'sync' })
  expect((await texts(berts, group)).toSorted()).toEqual(said.toSorted())
  for (const one of [page, berts]) {
    expect(await texts(one, group)).toEqual(await texts(berts, group))
    expect(await count(one, group, 'role')).toBe(promotions)
    expect(Object.keys(await roles(one, group)).toSorted()).toEqual(
      ['anna', 'bertold', ...friends].toSorted(),
    )
  }
})

/** Two people, and the connection of the first one's tab. */
async function connected(a: string, b: string) {
  const { anne, annes, berts, group } = await devices.pair(a, b)
  // Of several, the newest is that of the newest tab.
  const page = await again(anne, annes)
  const line = devices.site.lines.at(-1)
  if (line === undefined) throw new Error('no connection was opened')
  await send(page, group, 'before')
  await received(berts, 'before')
  return { anne, page, berts, group, line }
}

/** Both are in one group with one past, and write to each other. */
async function goesOn(page: Page, berts: Page, group: string) {
  await send(page, group, 'from the next tab')
  await received(berts, 'from the next tab')
  await send(berts, group, 'and back')
  await received(page, 'and back')
  const said = ['before', 'from the next tab', 'and back']
  for (const one of [page, berts]) {
    expect(await texts(one, group)).toEqual(said)
    expect(await count(one, group, 'role')).toBe(1)
  }
}

test('a commit that the server has, and of which the closed tab never heard, is one’s own', async () => {
  const { anne, page, berts, group, line } = await connected('clara', 'dirk')
  line.muteServer()
  await begin(page, promote(group, 'dirk', 'admin'))
  await expect.poll(() => count(berts, group, 'role'), { timeout: 30_000 }).toBe(1)
  const next = await again(anne, page)
  expect((await roles(next, group)).dirk).toBe('admin')
  await goesOn(next, berts, group)
})

test('a commit that never left the closed tab is offered by the next one', async () => {
  const { anne, page, berts, group, line } = await connected('edith', 'franz')
  line.mutePage()
  await begin(page, promote(group, 'franz', 'admin'))
  await expect.poll(() => line.lost, { timeout: 30_000 }).toBeGreaterThan(500)
  expect(await count(berts, group, 'role')).toBe(0)
  const next = await again(anne, page)
  expect((await roles(next, group)).franz).toBe('admin')
  await goesOn(next, berts, group)
})
