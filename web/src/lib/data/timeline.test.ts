import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { MessageInfo } from '../../core/api'
import { type CoreClient, CoreError, type CoreErrorCode } from '../../core/client'
import { Timeline } from './timeline'

const ALL = Array.from({ length: 200 }, (_, index) => ({
  message: `m${index}`,
  seq: index + 1,
  kind: 'text',
  sender: { name: 'Paul', handle: 'paul' },
})) as MessageInfo[]

/** A core that answers `read`, or refuses it with `refusal.code`. */
function core(refusal: { code: CoreErrorCode | null }): CoreClient {
  const request = async ({ params }: { params: { limit: number } }) => {
    if (refusal.code !== null) throw new CoreError(refusal.code, '')
    return ALL.slice(-params.limit)
  }
  return { request } as unknown as CoreClient
}

async function opened(refusal: { code: CoreErrorCode | null }): Promise<Timeline> {
  const timeline = new Timeline(core(refusal), 'garden')
  await vi.waitFor(() => expect(timeline.view.get().state).toBe('ready'))
  expect(timeline.view.get()).toMatchObject({ older: 'some' })
  return timeline
}

describe('earlier messages', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('that could not be read once can be asked for again', async () => {
    const refusal = { code: null as CoreErrorCode | null }
    const timeline = await opened(refusal)
    refusal.code = 'timeout'
    const asked = timeline.loadOlder()
    await vi.runAllTimersAsync()
    await asked
    expect(timeline.view.get()).toMatchObject({ state: 'ready', older: 'some' })
    refusal.code = null
    await timeline.loadOlder()
    expect(timeline.view.get().messages).toHaveLength(200)
    expect(timeline.view.get().older).toBe('none')
  })

  test('stay where they were when a refresh fails', async () => {
    const refusal = { code: null as CoreErrorCode | null }
    const timeline = await opened(refusal)
    refusal.code = 'timeout'
    await timeline.load()
    expect(timeline.view.get()).toMatchObject({ state: 'ready', older: 'some' })
  })

  test('are gone with the conversation', async () => {
    const refusal = { code: null as CoreErrorCode | null }
    const timeline = await opened(refusal)
    refusal.code = 'unknown_target'
    await timeline.loadOlder()
    expect(timeline.view.get()).toMatchObject({ state: 'failed', older: 'none' })
  })
})
