import { expect, test } from 'vitest'
import type { Request } from './api'
import type { CoreClient } from './client'
import { patient } from './patience'

function waitsFor(request: Request, options?: { patienceMs?: number }): number | undefined {
  let patienceMs: number | undefined
  const core = {
    request: async (_: Request, given?: { patienceMs?: number }) => {
      patienceMs = given?.patienceMs
    },
  } as unknown as CoreClient
  void patient(core).request(request, options)
  return patienceMs
}

const person = { target: 'x', handle: 'marie' }
const revoke: Request = { method: 'invite_revoke', params: { invite: 'i' } }

test('the same change waits as long in a group as in a community', () => {
  expect(waitsFor({ method: 'group_remove', params: person })).toBeGreaterThanOrEqual(60_000)
  expect(waitsFor({ method: 'community_remove', params: person })).toBeGreaterThanOrEqual(60_000)
  for (const method of ['group_promote', 'community_promote'] as const) {
    const params = { ...person, role: 'admin' as const, until: null }
    expect(waitsFor({ method, params })).toBeGreaterThanOrEqual(60_000)
  }
  expect(waitsFor(revoke)).toBeGreaterThanOrEqual(60_000)
})

test('what is only looked up has the default, and callers may say otherwise', () => {
  expect(waitsFor({ method: 'conversations' })).toBeUndefined()
  expect(waitsFor(revoke, { patienceMs: 5 })).toBe(5)
})

test('the state is the present one', () => {
  const core = { state: 'starting' as CoreClient['state'] } as CoreClient & { state: CoreClient['state'] }
  const wrapped = patient(core)
  Object.assign(core, { state: 'ready' })
  expect(wrapped.state).toBe('ready')
})
