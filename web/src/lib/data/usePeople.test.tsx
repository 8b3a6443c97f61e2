import { act, cleanup, render } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { CoreClient, CoreEvent } from '../../core/client'
import { SessionProvider } from './context'
import { type Me, Session } from './session'
import { usePeople } from './usePeople'

const samir = { account: 's', handle: 'samir', name: 'Samir' }
const unnamed = { ...samir, name: '' }
const changed: CoreEvent = { event: 'connection', state: 'online' }

let tell: (event: CoreEvent) => void
let answers: (() => Promise<(typeof samir)[]>)[]
let asked: number
let page: ReturnType<typeof render>

function Names() {
  const { people } = usePeople({
    ask: () => {
      asked += 1
      return (answers.length > 1 ? answers.shift() : answers[0])?.() ?? Promise.resolve([])
    },
    concerns: (event) => event === changed,
    key: 'group',
  })
  return people.state === 'ready' ? people.value.map((one) => one.name).join() : people.state
}

/** Shows a list that is answered so, the last one for ever. */
async function show(...list: (typeof answers)[number][]) {
  answers = list
  asked = 0
  const core = {
    subscribe: (listener: typeof tell) => {
      tell = listener
      return () => {}
    },
  } as unknown as CoreClient
  page = render(
    <SessionProvider session={new Session(core, {} as Me)}>
      <Names />
    </SessionProvider>,
  )
  await pass(0)
}

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms))
const shown = () => page.container.textContent

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

test('a name that is on its way is asked for until it is there', async () => {
  await show(
    async () => [unnamed],
    async () => [unnamed],
    async () => [samir],
  )
  expect(shown()).toBe('@samir')
  await pass(2_000)
  expect(shown()).toBe('Samir')
  await pass(600_000)
  expect(asked).toBe(3)
})

test('one that never comes is asked for ever more rarely, and not for ever', async () => {
  await show(async () => [unnamed])
  await pass(600_000)
  expect(asked).toBe(8)
  act(() => tell(changed))
  await pass(600_000)
  expect(asked).toBe(16)
})

test('nobody asks any more when the list is gone', async () => {
  await show(async () => [unnamed])
  page.unmount()
  await pass(600_000)
  expect(asked).toBe(1)
})

test('a failure takes nothing away that is known', async () => {
  await show(
    async () => [samir],
    () => Promise.reject(new Error('no')),
  )
  act(() => tell(changed))
  await pass(0)
  expect(asked).toBe(2)
  expect(shown()).toBe('Samir')
})

test('an answer that was overtaken by a later one says nothing', async () => {
  let late = (_: (typeof samir)[]) => {}
  await show(
    () => new Promise((done) => (late = done)),
    async () => [samir],
  )
  act(() => tell(changed))
  await pass(0)
  late([])
  await pass(0)
  expect(shown()).toBe('Samir')
})
