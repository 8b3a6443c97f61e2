import { beforeEach, expect, test, vi } from 'vitest'
import type { Request } from './api'
import { Client, type Port, startCore } from './client'
import type { FromTab, ToTab } from './messages'

/** A worker that does nothing by itself. */
class Script implements Port {
  onmessage: ((event: MessageEvent<ToTab>) => void) | null = null
  onerror: ((event: ErrorEvent) => void) | null = null
  asked: FromTab[] = []
  ended = false

  postMessage(message: FromTab) {
    this.asked.push(message)
  }
  terminate() {
    this.ended = true
  }
  say(message: ToTab) {
    this.onmessage?.(new MessageEvent('message', { data: message }))
  }
  /** The requests that were asked since the last look, and their ids. */
  look(): [number, Request][] {
    const asks = this.asked.splice(0).filter((message) => message.type === 'ask')
    return asks.map(({ id, ask }) => [id, ask.kind === 'request' ? JSON.parse(ask.request) : ask])
  }
}

let ports: Script[]
let client: Client

beforeEach(() => {
  ports = []
  client = new Client(() => {
    const port = new Script()
    ports.push(port)
    return port
  })
})

const port = () => ports[ports.length - 1] as Script
const answer = (id: number, answer: unknown) =>
  port().say({ type: 'outcome', id, outcome: { ok: true, answer: JSON.stringify(answer) } })

test('requests wait until somebody answers', async () => {
  const me = client.request({ method: 'who_am_i' })
  expect(port().look()).toEqual([])
  port().say({ type: 'leader', term: 'a', own: false })
  expect(client.state).toBe('follower')
  expect(port().look()).toEqual([[1, { method: 'who_am_i' }]])
  answer(1, { handle: 'anne' })
  expect(await me).toEqual({ handle: 'anne' })
})

test('what is sent or announced can be repeated without being there twice', async () => {
  port().say({ type: 'leader', term: 'a', own: true })
  void client.request({ method: 'announce', params: { community: 'c', text: 'hello', to: [] } })
  const [asked] = port().look()
  expect(asked?.[1]).toMatchObject({ params: { idempotency: expect.stringMatching(/^[0-9a-f-]{36}$/) } })
})

test('whoever does not want to wait for the next try has it made at once', () => {
  port().say({ type: 'leader', term: 'a', own: false })
  client.wake()
  expect(port().asked).toEqual([{ type: 'network', there: true }])
})

test('so has whoever comes back to the tab', () => {
  const worker = new Script()
  vi.stubGlobal('Worker', function start() {
    return worker
  })
  startCore()
  worker.say({ type: 'leader', term: 'a', own: true })
  document.dispatchEvent(new Event('visibilitychange'))
  expect(worker.asked).toEqual([{ type: 'network', there: true }])
  vi.unstubAllGlobals()
})

test('a refusal has its code', async () => {
  port().say({ type: 'leader', term: 'a', own: true })
  const asked = client.request({ method: 'sync' })
  const error = JSON.stringify({ code: 'no_account', message: 'no' })
  port().say({ type: 'outcome', id: 1, outcome: { ok: false, error } })
  await expect(asked).rejects.toMatchObject({ name: 'CoreError', code: 'no_account', message: 'no' })
})

test('a refusal of one of several people says whom it concerns', async () => {
  port().say({ type: 'leader', term: 'a', own: true })
  const asked = client.request({ method: 'group_add', params: { target: 'g', handles: ['eve', 'nobody'] } })
  const error = JSON.stringify({ code: 'unknown_handle', message: 'no', handle: 'nobody' })
  port().say({ type: 'outcome', id: 1, outcome: { ok: false, error } })
  await expect(asked).rejects.toMatchObject({ code: 'unknown_handle', handle: 'nobody' })
})

test('what was not answered is asked of the next leader, except what must not be done twice', async () => {
  port().say({ type: 'leader', term: 'a', own: false })
  const list = client.request({ method: 'conversations' })
  const begun = client.request({ method: 'group_create', params: { name: 'A', quantum_safe: false } })
  const unheard = client.request({ method: 'group_create', params: { name: 'B', quantum_safe: false } })
  port().look()
  for (const id of [1, 2]) port().say({ type: 'taken', id })

  port().say({ type: 'leader', term: 'b', own: true })
  expect(client.state).toBe('ready')
  await expect(begun).rejects.toMatchObject({ code: 'home_busy' })
  expect(port().look()).toEqual([
    [1, { method: 'conversations' }],
    [3, { method: 'group_create', params: { name: 'B', quantum_safe: false } }],
  ])
  answer(1, [])
  answer(3, { group: 'x' })
  expect(await list).toEqual([])
  expect(await unheard).toEqual({ group: 'x' })
})

test('the same leader twice is asked once', () => {
  client.request({ method: 'sync' })
  port().say({ type: 'leader', term: 'a', own: false })
  port().say({ type: 'leader', term: 'a', own: false })
  expect(port().look()).toHaveLength(1)
})

test('a send that is repeated has the same key', () => {
  port().say({ type: 'leader', term: 'a', own: false })
  client.request({ method: 'send', params: { target: '@b', text: 'hello', queue: false } })
  const [[, first] = []] = port().look()
  port().say({ type: 'taken', id: 1 })
  port().say({ type: 'leader', term: 'b', own: false })
  const [[, second] = []] = port().look()
  expect(first?.method === 'send' && first.params.idempotency).toMatch(/^[0-9a-f-]{36}$/)
  expect(second).toEqual(first)
})

test('a page that comes back from the cache asks again', () => {
  port().say({ type: 'leader', term: 'a', own: true })
  client.request({ method: 'sync' })
  client.stop()
  expect(ports[0]?.ended).toBe(true)
  expect(client.state).toBe('starting')
  client.start()
  port().say({ type: 'leader', term: 'b', own: false })
  expect(port().look()).toEqual([[1, { method: 'sync' }]])
})

test('a failure refuses everything, until the page starts anew', async () => {
  const before = client.request({ method: 'sync' })
  port().say({ type: 'failed', error: JSON.stringify({ code: 'disk_full', message: 'full' }) })
  await expect(before).rejects.toMatchObject({ code: 'disk_full' })
  await expect(client.hasAccount()).rejects.toMatchObject({ code: 'disk_full' })
  expect(client.state).toBe('failed')
  expect(client.failure?.code).toBe('disk_full')
  client.stop()
  client.start()
  port().say({ type: 'leader', term: 'a', own: false })
  expect(client.failure).toBeUndefined()
  const after = client.hasAccount()
  answer(2, true)
  expect(await after).toBe(true)
})

test('whoever listens late still hears how the connection is', () => {
  const heard: unknown[] = []
  const online = { event: 'connection', state: 'online' }
  port().say({ type: 'event', event: JSON.stringify(online) })
  const stop = client.subscribe((event) => heard.push(event))
  expect(heard).toEqual([online])
  stop()
  port().say({ type: 'event', event: JSON.stringify({ event: 'connection', state: 'offline' }) })
  expect(heard).toEqual([online])
})

test('changes of the state are told once each', () => {
  const states: string[] = []
  client.subscribeState(() => states.push(client.state))
  port().say({ type: 'leader', term: 'a', own: false })
  port().say({ type: 'leader', term: 'a', own: true })
  port().say({ type: 'leader', term: 'a', own: true })
  expect(states).toEqual(['follower', 'ready'])
})
