import type { CommunityInfo, ConversationInfo, MessageInfo } from '../../core/api'
import { namedMessage } from './names'

/** The communities that one is in, by name. */
export interface Communities {
  loaded: boolean
  list: readonly CommunityInfo[]
}

export const NO_COMMUNITIES: Communities = { loaded: false, list: [] }

function sorted(list: Iterable<CommunityInfo>): CommunityInfo[] {
  return [...list].sort((a, b) => a.name.localeCompare(b.name) || (a.community < b.community ? -1 : 1))
}

function isShown(community: CommunityInfo): boolean {
  return community.state !== 'left'
}

export function namedCommunity(community: CommunityInfo): CommunityInfo {
  return { ...community, ...(community.last && { last: namedMessage(community.last) }) }
}

export function fromCommunities(list: readonly CommunityInfo[]): Communities {
  return { loaded: true, list: sorted(list.filter(isShown)) }
}

/** A community was added or changed. */
export function withCommunity(before: Communities, community: CommunityInfo): Communities {
  const others = before.list.filter((other) => other.community !== community.community)
  return { ...before, list: sorted(isShown(community) ? [...others, community] : others) }
}

const RANKS: Readonly<Record<string, number>> = { announcements: 0, admin_room: 1 }

/** The conversations of a community: announcements first, then its admins' room, then its groups, latest first. */
export function conversationsOf<Item extends ConversationInfo>(
  list: readonly Item[],
  community: string,
): Item[] {
  const own = list.filter((item) => item.community === community)
  return own.sort((a, b) => (RANKS[a.kind] ?? 2) - (RANKS[b.kind] ?? 2))
}

/** Is there anything in a community that one has not read? */
export function hasFresh(list: readonly ConversationInfo[], community: CommunityInfo): boolean {
  return unreadAnnouncements(list, community) > 0 || conversationsOf(list, community.community).some(isFresh)
}

function isFresh(item: ConversationInfo): boolean {
  return item.unread > 0
}

function announcementsIn(list: readonly ConversationInfo[], community: CommunityInfo) {
  return list.find((item) => item.group === community.announcements)
}

/** How many announcements one has not read. */
export function unreadAnnouncements(list: readonly ConversationInfo[], community: CommunityInfo): number {
  return announcementsIn(list, community)?.unread ?? community.unread
}

/** The newest announcement. */
export function lastAnnouncement(
  list: readonly ConversationInfo[],
  community: CommunityInfo,
): MessageInfo | undefined {
  return announcementsIn(list, community)?.last ?? community.last
}
