import type { ConversationInfo, MessageInfo } from '../../core/api'

/** The conversations of this device, latest first. */
export interface Conversations {
  loaded: boolean
  list: readonly ConversationInfo[]
  /** When each last had something new, in milliseconds; also for those without any message. */
  times: ReadonlyMap<string, number>
}

export const NO_CONVERSATIONS: Conversations = { loaded: false, list: [], times: new Map() }

const SHOWN = new Set(['active', 'request', 'left'])

/** Refused requests and groups that are being entered are not shown, unless entering was stopped. */
function isShown(item: ConversationInfo): boolean {
  return SHOWN.has(item.state) || (item.state === 'joining' && item.alarm !== undefined)
}

function sorted(list: Iterable<ConversationInfo>, times: ReadonlyMap<string, number>): ConversationInfo[] {
  const time = (item: ConversationInfo) => times.get(item.group) ?? 0
  return [...list].sort((a, b) => time(b) - time(a) || (a.group < b.group ? -1 : 1))
}

function lastTime(item: ConversationInfo): number | undefined {
  return item.last ? Date.parse(item.last.at) : undefined
}

/** Takes the core's list, which is in order. One without a message takes the time of the one that follows it. */
export function fromList(list: readonly ConversationInfo[]): Conversations {
  const shown = list.filter(isShown)
  const times = new Map<string, number>()
  let below = 0
  for (const item of shown.toReversed()) {
    below = Math.max(below + 1, lastTime(item) ?? 0)
    times.set(item.group, below)
  }
  return { loaded: true, list: sorted(shown, times), times }
}

/** A conversation was added or changed. */
export function withConversation(before: Conversations, item: ConversationInfo, now: number): Conversations {
  const others = before.list.filter((other) => other.group !== item.group)
  if (!isShown(item)) return { ...before, list: others }
  const times = new Map(before.times)
  times.set(item.group, Math.max(times.get(item.group) ?? 0, lastTime(item) ?? 0) || now)
  return { ...before, list: sorted([...others, item], times), times }
}

/** A message was added or changed: the list shows the newest one. */
export function withMessage(before: Conversations, message: MessageInfo): Conversations {
  const item = before.list.find((other) => other.group === message.conversation)
  if (!item || message.kind !== 'text') return before
  const known = item.last
  const newer = !known || known.message === message.message || message.seq === 0 || message.seq >= known.seq
  return newer ? withConversation(before, { ...item, last: message }, 0) : before
}
