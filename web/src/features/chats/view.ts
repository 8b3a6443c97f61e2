import type { ConversationInfo } from '../../core/api'
import type { Titled } from '../../lib/data/titles'
import { folded } from '../../lib/fold'

export type Filter = 'all' | 'unread' | 'groups' | 'direct'

function passes(item: ConversationInfo, filter: Filter): boolean {
  if (filter === 'unread') return item.unread > 0 || item.state === 'request'
  if (filter === 'groups') return item.kind !== 'direct'
  if (filter === 'direct') return item.kind === 'direct'
  return true
}

/** The conversations that fit; every typed word must begin a word of the name or of its community, or the handle. */
export function matching<Item extends Titled>(
  list: readonly Item[],
  typed: string,
  filter: Filter = 'all',
): Item[] {
  const words = folded(typed).split(/\s+/).filter(Boolean)
  return list.filter((item) => {
    if (!passes(item, filter)) return false
    const names = [item.name, item.communityName ?? ''].map(folded)
    const parts = names.flatMap((name) => name.split(/[\s\-_.'’]+/))
    return words.every(
      (word) =>
        parts.some((part) => part.startsWith(word)) ||
        names.some((name) => name.startsWith(word)) ||
        (item.handle?.startsWith(word.replace(/^@/, '')) ?? false),
    )
  })
}

/** How many unread messages there are in all. */
export function unreadTotal(list: readonly ConversationInfo[]): number {
  return list.reduce((sum, item) => sum + item.unread, 0)
}
