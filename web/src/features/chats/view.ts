import type { ConversationInfo } from '../../core/api'
import type { Draft } from '../../lib/data/session'
import { folded } from '../../lib/fold'
import type { Translate } from '../../lib/i18n'

export type Filter = 'all' | 'unread' | 'groups' | 'direct'

function passes(item: ConversationInfo, filter: Filter): boolean {
  if (filter === 'unread') return item.unread > 0 || item.state === 'request'
  if (filter === 'groups') return item.kind === 'group'
  if (filter === 'direct') return item.kind === 'direct'
  return true
}

/** The conversations that fit; every typed word must begin a word of the name, or the handle. */
export function matching(
  list: readonly ConversationInfo[],
  typed: string,
  filter: Filter = 'all',
): ConversationInfo[] {
  const words = folded(typed).split(/\s+/).filter(Boolean)
  return list.filter((item) => {
    if (!passes(item, filter)) return false
    const parts = folded(item.name).split(/[\s\-_.'’]+/)
    return words.every(
      (word) =>
        parts.some((part) => part.startsWith(word)) ||
        folded(item.name).startsWith(word) ||
        (item.handle?.startsWith(word.replace(/^@/, '')) ?? false),
    )
  })
}

/** The line under a conversation's name. */
export function lastLine(t: Translate, item: ConversationInfo, me: string, draft: Draft | undefined): string {
  const drafted = draft?.text.trim()
  if (drafted) return t('chats.draft', { text: oneLine(drafted) })
  const last = item.last
  if (!last) return t('chats.line.created')
  const text = last.text === null ? t('chats.line.deleted') : oneLine(last.text)
  if (last.sender.account === me) return t('chats.line.you', { text })
  return item.kind === 'direct' ? text : t('chats.line.sender', { name: last.sender.name, text })
}

/** As much of a text as a line can show. */
export function oneLine(text: string): string {
  return text.slice(0, 200).replace(/\s+/g, ' ').trim()
}

/** How many unread messages there are in all. */
export function unreadTotal(list: readonly ConversationInfo[]): number {
  return list.reduce((sum, item) => sum + item.unread, 0)
}
