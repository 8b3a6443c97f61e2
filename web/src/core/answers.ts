// Which answer each request gets. The core's own types (api.ts) leave that to their documentation.

import type {
  Answer,
  CommunityChangeInfo,
  CommunityInfo,
  CommunityMemberInfo,
  ConversationInfo,
  DeviceInfo,
  DirectoryInfo,
  InviteInfo,
  MemberInfo,
  MessageInfo,
  Request,
} from './api'

type Done = Record<string, never>

interface Answers {
  register: Extract<Answer, { recovery_key: string }>
  recovery_key_kept: Done
  recovery_key_unseen: Extract<Answer, { recovery_key: string }> | Done
  recover: { account: string; device: string }
  who_am_i: { account: string; device: string; handle: string; name: string; server: string }
  devices: DeviceInfo[]
  set_profile: Done
  sync: Extract<Answer, { undecryptable: number }>
  conversations: ConversationInfo[]
  group_create: { group: string }
  group_list: ConversationInfo[]
  group_show: ConversationInfo
  group_members: MemberInfo[]
  group_add: Done
  group_remove: Done
  group_promote: Done
  group_set: Done
  invite_create: { invite: string; link: string }
  invite_list: InviteInfo[]
  invite_revoke: Done
  link_preview: Extract<Answer, { joined: boolean }>
  join: { group: string; state: string } | { community: string; state: string; full?: string[] }
  answer_request: Done
  send: { message: string; conversation: string; seq?: number }
  read: MessageInfo[]
  message: MessageInfo[]
  mark_read: Done
  typing: Done
  group_join: { group: string; state: string }
  community_create: Extract<Answer, { general: string }>
  community_list: CommunityInfo[]
  community_show: CommunityInfo
  community_set: Done
  community_members: CommunityMemberInfo[]
  community_log: CommunityChangeInfo[]
  community_promote: Done
  community_remove: Extract<Answer, { removed_from: string[] }>
  community_groups: DirectoryInfo[]
  announce: { message: string; targets: string[] }
  announcement_list: MessageInfo[]
}

/** The answer to a request of this type; `Answer` where the type does not say which request it is. */
export type AnswerTo<R extends Request> = R['method'] extends keyof Answers ? Answers[R['method']] : Answer
