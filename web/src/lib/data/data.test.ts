import { describe, expect, test } from 'vitest'
import type { ConversationInfo, MessageInfo } from '../../core/api'
import { fromList, withConversation, withMessage as withLast } from './conversations'
import { withMessage } from './messages'

const message = (id: string, seq: number, more: Partial<MessageInfo> = {}) =>
  ({ message: id, seq, kind: 'text', conversation: 'a', at: '2026-03-01T12:00:00Z', ...more }) as MessageInfo

function item(group: string, at?: string, state = 'active'): ConversationInfo {
  const last = at ? message(`${group}-last`, 5, { conversation: group, at }) : undefined
  return { group, state, last } as ConversationInfo
}

const order = (conversations: { list: readonly ConversationInfo[] }) =>
  conversations.list.map((c) => c.group).join(' ')
const EARLY = '2026-03-01T10:00:00Z'
const LATE = '2026-03-01T11:00:00Z'
const NOW = Date.parse('2026-03-01T13:00:00Z')

describe('conversations', () => {
  test('keep the order of the core, also without any message', () => {
    expect(order(fromList([item('c', LATE), item('b'), item('a', EARLY), item('d')]))).toBe('c b a d')
  })

  test('that are refused or being entered are not shown', () => {
    expect(order(fromList([item('a', LATE), item('b', LATE, 'refused'), item('c', EARLY, 'joining')]))).toBe(
      'a',
    )
    const list = fromList([item('a', LATE)])
    expect(order(withConversation(list, item('a', LATE, 'refused'), NOW))).toBe('')
  })

  test('in which entering was stopped stay', () => {
    const stopped = { ...item('a', LATE, 'joining'), alarm: 'fork_detected' }
    expect(order(fromList([stopped]))).toBe('a')
    expect(order(withConversation(fromList([item('a', LATE)]), stopped, NOW))).toBe('a')
  })

  test('move up with a new message, and stay where they are with any other change', () => {
    const list = fromList([item('b', LATE), item('a', EARLY)])
    expect(order(withConversation(list, item('a', EARLY), NOW))).toBe('b a')
    const written = withLast(list, message('new', 9, { conversation: 'a', at: '2026-03-01T12:00:00Z' }))
    expect(order(written)).toBe('a b')
    expect(written.list[0]?.last?.message).toBe('new')
  })

  test('that are new stand above all', () => {
    expect(order(withConversation(fromList([item('b', LATE)]), item('a'), NOW))).toBe('a b')
  })

  test('do not show an older message that changed as the last one', () => {
    const list = withLast(fromList([item('a', LATE)]), message('old', 2, { state: 'delivered' }))
    expect(list.list[0]?.last?.message).toBe('a-last')
  })
})

describe('messages', () => {
  const ids = (list: readonly MessageInfo[]) => list.map((m) => m.message).join(' ')

  test('stand by position, the outbox last, in the order of writing', () => {
    let list: readonly MessageInfo[] = [message('a', 1), message('c', 3)]
    for (const next of [message('x', 0), message('b', 2), message('y', 0), message('d', 4)]) {
      list = withMessage(list, next)
    }
    expect(ids(list)).toBe('a b c d x y')
  })

  test('leave the outbox for their position when they are stored', () => {
    const list = withMessage(
      [message('a', 1), message('x', 0), message('y', 0)],
      message('x', 2, { state: 'sent' }),
    )
    expect(ids(list)).toBe('a x y')
    expect(list[1]?.state).toBe('sent')
  })

  test('of one position keep the order in which they came', () => {
    expect(ids(withMessage([message('a', 1), message('b', 2)], message('c', 2)))).toBe('a b c')
  })
})
