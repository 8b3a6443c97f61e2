import { describe, expect, test } from 'vitest'
import type { ConversationInfo, MessageInfo } from '../../core/api'
import { isAnswerable, lastSeq, rowsOf, unreadStart } from './rows'

const ME = 'me'

function message(seq: number, who: string, at: string, kind = 'text'): MessageInfo {
  return {
    message: `m${seq}`,
    conversation: 'c',
    seq,
    sender: { account: who, handle: who, name: who },
    at,
    kind,
    text: kind === 'text' ? `text ${seq}` : null,
    edited: false,
    files: [],
    reply_to: null,
    announcement: false,
    state: who === ME ? 'sent' : 'received',
  }
}

/** `12:00 ana` per line; a date goes before the time where the day changes; `!kind` makes an event. */
function script(lines: string): MessageInfo[] {
  let day = '2026-03-01'
  return lines
    .trim()
    .split('\n')
    .map((line, index) => {
      const words = line.trim().split(' ')
      if (words.length > 2 && words[0]?.includes('-')) day = words.shift() ?? day
      const [time, who = '', kind] = words
      return message(index + 1, who, new Date(`${day}T${time}:00`).toISOString(), kind?.slice(1))
    })
}

/** One sign per row: `|` day, `*` unread, `[` first and `]` last of a run, `.` event. */
function drawn(messages: MessageInfo[], unreadAt: string | null = null, showLeft = false): string {
  return rowsOf({ messages, me: ME, complete: true, unreadAt, showLeft })
    .map((row) => {
      const above = `${row.day ? '|' : ''}${row.unread ? '*' : ''}`
      return row.kind === 'event'
        ? `${above}.`
        : `${above}${row.first ? '[' : ''}${row.own ? 'o' : 'x'}${row.last ? ']' : ''}`
    })
    .join(' ')
}

describe('bubbles', () => {
  test('of one person within five minutes stand together', () => {
    expect(drawn(script('12:00 ana\n12:04 ana\n12:08 ana\n12:14 ana'))).toBe('|[x x x] [x]')
  })

  test('of different people stand apart', () => {
    expect(drawn(script('12:00 ana\n12:01 me\n12:01 me\n12:02 bob'))).toBe('|[x] [o o] [x]')
  })

  test('are parted by an event, a day and the unread divider', () => {
    expect(drawn(script('12:00 ana\n12:01 bob !joined\n12:01 ana'))).toBe('|[x] . [x]')
    expect(drawn(script('23:59 ana\n2026-03-02 00:01 ana'))).toBe('|[x] |[x]')
    expect(drawn(script('12:00 ana\n12:01 ana\n12:02 ana'), 'm2')).toBe('|[x] *[x x]')
  })
})

test('an announcement stands apart from what the same person writes', () => {
  const [first, second] = script('12:00 ana\n12:01 ana') as [MessageInfo, MessageInfo]
  expect(drawn([first, { ...second, announcement: true }])).toBe('|[x] [x]')
})

test('one answers messages, not announcements, and nothing where one cannot write', () => {
  const [written] = script('12:00 ana') as [MessageInfo]
  const group = { kind: 'group', state: 'active' } as ConversationInfo
  expect(isAnswerable(group, written)).toBe(true)
  expect(isAnswerable(group, { ...written, announcement: true })).toBe(false)
  expect(isAnswerable({ ...group, kind: 'announcements' }, written)).toBe(false)
  expect(isAnswerable({ ...group, state: 'left' }, written)).toBe(false)
})

test('who left is shown only where it may be', () => {
  const messages = script('12:00 ana\n12:01 bob !left\n12:01 ana')
  expect(drawn(messages)).toBe('|[x x]')
  expect(drawn(messages, null, true)).toBe('|[x] . [x]')
})

test('the beginning is shown only when all is loaded', () => {
  const input = { messages: script('12:00 ana\n12:01 ana'), me: ME, unreadAt: null, showLeft: false }
  expect(rowsOf({ ...input, complete: true }).map((row) => row.begin)).toEqual([true, false])
  expect(rowsOf({ ...input, complete: false }).map((row) => row.begin)).toEqual([false, false])
})

test('the unread divider counts only messages of others', () => {
  const messages = script('12:00 ana\n12:01 ana\n12:02 me\n12:03 bob !joined\n12:04 ana')
  expect(unreadStart(messages, 0, ME)).toBe(null)
  expect(unreadStart(messages, 1, ME)).toBe('m5')
  expect(unreadStart(messages, 2, ME)).toBe('m2')
  expect(unreadStart(messages, 9, ME)).toBe('m1')
})

test('one has read up to the highest position, whatever waits in the outbox', () => {
  const messages = [...script('12:00 ana\n12:01 ana'), message(0, ME, '2026-03-01T12:02:00Z')]
  expect(lastSeq(messages)).toBe(2)
})
