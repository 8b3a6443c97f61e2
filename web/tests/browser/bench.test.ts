import { chromium } from 'playwright-core'
import { test } from 'vitest'
import { startSite } from './server'

test('bench', async () => {
  const site = await startSite('node_modules/.cache/bare')
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  })
  const mk = async (h: string) => {
    const c = await browser.newContext()
    const p = await c.newPage()
    await p.goto(site.origin)
    await p.waitForFunction(() => window.core.state !== 'starting')
    const t = Date.now()
    await p.evaluate(
      ([s, h]) => window.core.request({ method: 'register', params: { server: s, handle: h, name: h } }),
      [site.origin, h] as const,
    )
    console.log('boot', await p.evaluate(() => window.bootMs), 'register', Date.now() - t)
    return p
  }
  const a = await mk('anne'),
    b = await mk('bert')
  const r = await a.evaluate(async () => {
    const t0 = performance.now()
    const g = (
      await window.core.request({ method: 'group_create', params: { name: 'G', quantum_safe: false } })
    ).group
    const t1 = performance.now()
    await window.core.request({ method: 'group_add', params: { target: g, handles: ['bert'] } })
    const t2 = performance.now()
    const lat: number[] = []
    for (let i = 0; i < 50; i++) {
      const t = performance.now()
      await window.core.request({ method: 'send', params: { target: g, text: `m ${i}`, queue: false } })
      lat.push(performance.now() - t)
    }
    lat.sort((x, y) => x - y)
    const q: number[] = []
    for (let i = 0; i < 50; i++) {
      const t = performance.now()
      await window.core.request({ method: 'send', params: { target: g, text: `q ${i}`, queue: true } })
      q.push(performance.now() - t)
    }
    q.sort((x, y) => x - y)
    const rd: number[] = []
    for (let i = 0; i < 50; i++) {
      const t = performance.now()
      await window.core.request({ method: 'read', params: { target: g, limit: 50, events: false } })
      rd.push(performance.now() - t)
    }
    rd.sort((x, y) => x - y)
    const t3 = performance.now()
    await Promise.all(
      Array.from({ length: 300 }, (_, i) =>
        window.core.request({ method: 'send', params: { target: g, text: `p ${i}`, queue: false } }),
      ),
    )
    const t4 = performance.now()
    return {
      g,
      create: t1 - t0,
      add: t2 - t1,
      sendMedian: lat[25],
      queued: q[25],
      read: rd[25],
      pipelined300: t4 - t3,
    }
  })
  console.log(JSON.stringify(r))
  await b.waitForFunction(() => window.events.filter((e) => e.event === 'message').length >= 400, undefined, {
    timeout: 60000,
  })
  // Catching up after being away.
  const url = b.url()
  const ctx = b.context()
  await b.close()
  await a.evaluate(async (g) => {
    await Promise.all(
      Array.from({ length: 1000 }, (_, i) =>
        window.core.request(
          { method: 'send', params: { target: g, text: `away ${i}`, queue: false } },
          { patienceMs: 120000 },
        ),
      ),
    )
  }, r.g)
  const p = await ctx.newPage()
  await p.goto(url)
  const ms = await p.evaluate(async () => {
    const t = performance.now()
    await window.core.request({ method: 'sync' }, { patienceMs: 60000 })
    return performance.now() - t
  })
  console.log('catch up 1000 incl boot', ms)
  await browser.close()
  await site.stop()
}, 240_000)
