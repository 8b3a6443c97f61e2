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

/** What is looked for by its names. */
type Named = Pick<Titled, 'name' | 'communityName' | 'handle'>

/** Those whose name, community or handle has a word that begins so, for every word that was typed. */
export function named<Item extends Named>(list: readonly Item[], typed: string): Item[] {
  const words = folded(typed).split(/\s+/).filter(Boolean)
  return list.filter((item) => {
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

/** As `named`, but what is called so itself stands before what only belongs to a community of that name. */
export function nearest<Item extends Named>(list: readonly Item[], typed: string): Item[] {
  const found = named(list, typed)
  const itself = (item: Item) => named([{ ...item, communityName: '' }], typed).length > 0
  return [...found.filter(itself), ...found.filter((item) => !itself(item))]
}

/** The conversations that fit. */
export function matching(list: readonly Titled[], typed: string, filter: Filter = 'all'): Titled[] {
  return named(
    list.filter((item) => passes(item, filter)),
    typed,
  )
}

/** How many unread messages there are in all. */
export function unreadTotal(list: readonly ConversationInfo[]): number {
  return list.reduce((sum, item) => sum + item.unread, 0)
}
