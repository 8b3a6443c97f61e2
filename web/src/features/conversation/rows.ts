import type { ConversationInfo, MessageInfo } from '../../core/api'
import { dayKey } from '../../lib/time'

/** Bubbles of one person this close in time stand together. */
const GROUP_MS = 5 * 60_000

/** A message or event with what stands above it. */
export interface Row {
  message: MessageInfo
  at: Date
  kind: 'bubble' | 'event'
  own: boolean
  /** The first of a day. */
  day: boolean
  /** The first that one has not read. */
  unread: boolean
  /** Nothing comes before it in the whole conversation. */
  begin: boolean
  /** First and last bubble of one person's run. */
  first: boolean
  last: boolean
}

export interface RowsInput {
  messages: readonly MessageInfo[]
  me: string
  /** Is everything loaded upwards? */
  complete: boolean
  /** The message above which the unread divider stands. */
  unreadAt: string | null
  /** Only admins are told who left. */
  showLeft: boolean
}

function isBubble(message: MessageInfo): boolean {
  return message.kind === 'text'
}

/** Can one answer this message with a message? What was announced is not answered in a group. */
export function isAnswerable(item: ConversationInfo, message: MessageInfo): boolean {
  const writable = item.state === 'active' && item.alarm === undefined && item.kind !== 'announcements'
  return writable && isBubble(message) && !message.announcement && message.seq > 0
}

function belongs(above: Row | undefined, row: Row): boolean {
  return (
    above !== undefined &&
    above.kind === 'bubble' &&
    row.kind === 'bubble' &&
    !row.day &&
    !row.unread &&
    above.message.sender.account === row.message.sender.account &&
    above.message.announcement === row.message.announcement &&
    row.at.getTime() - above.at.getTime() < GROUP_MS
  )
}

/** What the conversation shows, from the first to the last. */
export function rowsOf({ messages, me, complete, unreadAt, showLeft }: RowsInput): Row[] {
  const rows: Row[] = []
  for (const message of messages) {
    if (message.kind === 'left' && !showLeft) continue
    const above = rows.at(-1)
    const at = new Date(message.at)
    const row: Row = {
      message,
      at,
      kind: isBubble(message) ? 'bubble' : 'event',
      own: message.sender.account === me,
      day: above === undefined || dayKey(above.at) !== dayKey(at),
      unread: message.message === unreadAt,
      begin: above === undefined && complete,
      first: true,
      last: true,
    }
    if (belongs(above, row)) {
      row.first = false
      if (above) above.last = false
    }
    rows.push(row)
  }
  return rows
}

/** Above which message the unread divider stands: the oldest of the `unread` newest of others. */
export function unreadStart(messages: readonly MessageInfo[], unread: number, me: string): string | null {
  let left = unread
  let start: string | null = null
  for (const message of messages.toReversed()) {
    if (left === 0) break
    if (!isBubble(message) || message.sender.account === me) continue
    start = message.message
    left -= 1
  }
  return start
}

/** The highest position shown: up to there one has read. */
export function lastSeq(messages: readonly MessageInfo[]): number {
  return messages.reduce((max, message) => Math.max(max, message.seq), 0)
}
