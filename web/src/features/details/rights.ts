import type { ConversationInfo, MemberInfo } from '../../core/api'
import { type PersonActions, RANK } from '../../lib/rank'

/** What one may do in a group (docs/protocol.md §9.2). The core and the server decide; this hides what they refuse. */
export function mayManage(item: ConversationInfo): boolean {
  return item.kind === 'group' && item.state === 'active' && !item.alarm && RANK[item.role] >= RANK.admin
}

export function memberActions(item: ConversationInfo, member: MemberInfo, me: string): PersonActions {
  const other = member.account !== me
  const within = RANK[member.role] <= RANK[item.role]
  const manage = mayManage(item) && other && within
  return {
    message: other && item.kind !== 'direct' && member.handle !== '',
    promote: manage && RANK[member.role] < RANK.admin,
    demote: manage && member.role === 'admin',
    remove: manage,
  }
}

/** Handles as people type them: with commas, spaces or line breaks between. */
export function handlesIn(typed: string): string[] {
  const all = typed.split(/[\s,;]+/).map((word) => word.replace(/^@/, '').toLowerCase())
  return [...new Set(all.filter(Boolean))]
}
