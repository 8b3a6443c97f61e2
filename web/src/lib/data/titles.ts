import type { CommunityInfo, ConversationInfo } from '../../core/api'
import type { Translate } from '../i18n'

/** A conversation as it is called on the screen. */
export interface Titled extends ConversationInfo {
  /** The name of the community that it belongs to. */
  communityName?: string
  /** Its own name is not known yet. */
  pending: boolean
}

function titleOf(t: Translate, item: ConversationInfo): string {
  if (item.kind === 'announcements') return t('announcements.title')
  if (item.kind === 'admin_room') return t('adminroom.title')
  return item.name === '' ? t('name.pending') : item.name
}

/** What stands where the name of a community will be. */
export function communityTitle(t: Translate, community: Pick<CommunityInfo, 'name'>): string {
  return community.name === '' ? t('name.pending') : community.name
}

export function titled(t: Translate, item: ConversationInfo, communities: readonly CommunityInfo[]): Titled {
  const community = item.community && communities.find((other) => other.community === item.community)
  return {
    ...item,
    name: titleOf(t, item),
    pending: item.name === '' && item.kind === 'group',
    ...(community && { communityName: communityTitle(t, community) }),
  }
}
