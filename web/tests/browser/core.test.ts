// The core in real browsers, without views: one server, two people, the real WASM.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { MessageInfo, Request } from '../../src/core/api'
import { ask, type Devices, received, register, send, startDevices, state, texts } from './devices'

/** How often the crash test crashes. */
const CRASHES = Number(process.env.CRASHES ?? 3)

let devices: Devices

beforeAll(async () => {
  devices = await startDevices()
})

afterAll(() => devices?.stop())

afterEach(async () => {
  expect(await devices.leave()).toEqual([])
})

test('two people write to each other, and a reload keeps everything', async () => {
  const { annes, berts, group } = await devices.pair('anne', 'bert')
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
  const { anne, annes, berts, group } = await devices.pair('carla', 'dieter')
  const second = await devices.tab(anne)
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
  const { anne, annes, berts, group } = await devices.pair('emma', 'felix')
  const second = await devices.tab(anne)
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
  const { annes, group } = await devices.pair('gerda', 'hans')
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
  const { anne, annes, group } = await devices.pair('jana', 'karl')
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
    page = await devices.tab(anne)
    expect(await state(page)).toBe('ready')
    const params = { target: group, limit: 5000, events: false }
    const kept = await ask<MessageInfo[]>(page, { method: 'read', params })
    const texts = new Set(kept.map((message) => message.text))
    expect(acknowledged.filter((text) => !texts.has(text))).toEqual([])
  }
  console.log(`${acknowledged.length} acknowledged over ${CRASHES} crashes`)
})

test('a refusal has its stable code', async () => {
  const page = await devices.tab(await devices.person())
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

test('a database that has lost its account is damaged, and the device is no new one', async () => {
  const context = await devices.person()
  const first = await devices.tab(context)
  await register(first, 'judith')
  await first.close()
  const between = await context.newPage()
  await between.goto(`${devices.site.origin}/empty`)
  await between.evaluate(async () => {
    const files = await navigator.storage.getDirectory()
    for (let tries = 0; ; tries++) {
      try {
        return await files.removeEntry('asterism', { recursive: true })
      } catch (error) {
        // The worker of the closed tab has them for another moment.
        if (tries === 50) throw error
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
  })
  await between.close()
  const second = await devices.tab(context)
  expect(await state(second)).toContain('has lost the account')
  expect(await second.evaluate(() => window.core.failure?.code)).toBe('database_damaged')
  expect(devices.complaints.splice(0).join()).toContain('has lost the account')
})

test('without its key a database is dropped, and the device is a new one', async () => {
  const context = await devices.person()
  const first = await devices.tab(context)
  await register(first, 'ines')
  await first.close()
  const page = await context.newPage()
  await page.goto(`${devices.site.origin}/empty`)
  await page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase('asterism-key')
        request.onsuccess = resolve
        request.onerror = reject
      }),
  )
  await page.close()
  const second = await devices.tab(context)
  expect(await state(second)).toBe('ready')
  expect(await second.evaluate(() => window.core.hasAccount())).toBe(false)
})

test('the page’s rules are in force', async () => {
  const page = await devices.tab(await devices.person())
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
  devices.complaints.length = 0
})
