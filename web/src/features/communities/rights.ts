import type { CommunityInfo, CommunityMemberInfo, Role } from '../../core/api'

const RANK: Readonly<Record<Role, number>> = { member: 0, moderator: 1, admin: 2, owner: 3 }

/** What one may do in a community (docs/protocol.md §10.3). The core and the server decide; this hides what they refuse. */
export function mayManage(community: CommunityInfo): boolean {
  return community.state === 'active' && !community.alarm && RANK[community.role] >= RANK.admin
}

export interface PersonActions {
  message: boolean
  promote: boolean
  demote: boolean
  remove: boolean
}

export function personActions(
  community: CommunityInfo,
  member: CommunityMemberInfo,
  me: string,
): PersonActions {
  const other = member.account !== me && member.handle !== ''
  const manage = mayManage(community) && other && RANK[member.role] <= RANK[community.role]
  return {
    message: other,
    promote: manage && RANK[member.role] < RANK.admin,
    demote: manage && member.role === 'admin',
    remove: manage && member.role !== 'owner',
  }
}
