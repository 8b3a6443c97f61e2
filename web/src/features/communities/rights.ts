import type { CommunityInfo, CommunityMemberInfo } from '../../core/api'
import { type PersonActions, RANK } from '../../lib/rank'

/** What one may do in a community (docs/protocol.md §10.3). The core and the server decide; this hides what they refuse. */
export function mayManage(community: CommunityInfo): boolean {
  return community.state === 'active' && !community.alarm && RANK[community.role] >= RANK.admin
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
