// Made from crates/core/src/api.rs by scripts/wasm.sh types. Do not edit.

/**
 * What a host may ask. `target`s are a conversation id, an `@handle`, or a name when unambiguous.
 */
export type Request =
  | {
      method: 'register'
      params: {
        /**
         * `http(s)://…`.
         */
        server: string
        /**
         * Without or with `@`.
         */
        handle: string
        /**
         * Display name.
         */
        name: string
        /**
         * Where the operator wants one.
         */
        invite_code?: string | null
      }
    }
  | {
      method: 'recover'
      params: {
        /**
         * `http(s)://…`.
         */
        server: string
        /**
         * Without or with `@`.
         */
        handle: string
        /**
         * As printed at registration; spaces and dashes do not matter.
         */
        recovery_key: string
      }
    }
  | { method: 'recovery_key_kept' }
  | { method: 'recovery_key_unseen' }
  | { method: 'who_am_i' }
  | { method: 'devices' }
  | {
      method: 'set_profile'
      params: {
        /**
         * Display name.
         */
        name: string
      }
    }
  | { method: 'sync' }
  | { method: 'conversations' }
  | {
      method: 'group_create'
      params: {
        /**
         * Name.
         */
        name: string
        /**
         * Description.
         */
        description?: string | null
        /**
         * Post-quantum suite, at most 256 devices.
         */
        quantum_safe: boolean
        /**
         * Inside this community, of which one is an admin.
         */
        community?: string | null
        /**
         * How its members enter; [`JoinMode::Open`] when absent. Only inside a community.
         */
        join?: JoinMode | null
      }
    }
  | { method: 'group_list' }
  | {
      method: 'group_show'
      params: {
        /**
         * Which.
         */
        target: string
      }
    }
  | {
      method: 'group_members'
      params: {
        /**
         * Which.
         */
        target: string
      }
    }
  | {
      method: 'group_add'
      params: {
        /**
         * Which.
         */
        target: string
        /**
         * Whom.
         */
        handles: Array<string>
      }
    }
  | {
      method: 'group_remove'
      params: {
        /**
         * Which.
         */
        target: string
        /**
         * Whom.
         */
        handle: string
      }
    }
  | {
      method: 'group_promote'
      params: {
        /**
         * Which.
         */
        target: string
        /**
         * Whom.
         */
        handle: string
        /**
         * The role.
         */
        role: Role
        /**
         * Until then; for ever when absent.
         */
        until: number | null
      }
    }
  | {
      method: 'group_set'
      params: {
        /**
         * Which.
         */
        target: string
        /**
         * New name.
         */
        name?: string | null
        /**
         * New description.
         */
        description?: string | null
      }
    }
  | {
      method: 'invite_create'
      params: {
        /**
         * Which group.
         */
        target: string
        /**
         * Lifetime in milliseconds; for ever when absent.
         */
        expires_in_ms?: number | null
        /**
         * How many may enter; any number when absent.
         */
        uses?: number | null
      }
    }
  | {
      method: 'invite_list'
      params: {
        /**
         * Which group.
         */
        target: string
      }
    }
  | {
      method: 'invite_revoke'
      params: {
        /**
         * Its id.
         */
        invite: string
      }
    }
  | {
      method: 'link_preview'
      params: {
        /**
         * The link.
         */
        link: string
      }
    }
  | {
      method: 'join'
      params: {
        /**
         * The link.
         */
        link: string
      }
    }
  | {
      method: 'answer_request'
      params: {
        /**
         * The conversation.
         */
        target: string
        /**
         * Accept, or refuse and hide.
         */
        accept: boolean
      }
    }
  | {
      method: 'send'
      params: {
        /**
         * Where; `@handle` begins a direct conversation.
         */
        target: string
        /**
         * The text, up to 64 KiB.
         */
        text: string
        /**
         * Message that this answers.
         */
        reply_to?: string | null
        /**
         * Repeating a send with the same key sends nothing twice.
         */
        idempotency?: string | null
        /**
         * Answer at once and keep trying.
         */
        queue: boolean
      }
    }
  | {
      method: 'read'
      params: {
        /**
         * Which conversation.
         */
        target: string
        /**
         * Only after this position, and announcements that came after what stands there.
         */
        since?: number | null
        /**
         * The newest so many.
         */
        limit: number
        /**
         * Also membership events.
         */
        events: boolean
      }
    }
  | {
      method: 'message'
      params: {
        /**
         * Which conversation.
         */
        target: string
        /**
         * Message id.
         */
        message: string
      }
    }
  | {
      method: 'mark_read'
      params: {
        /**
         * Which conversation.
         */
        target: string
        /**
         * Position.
         */
        seq: number
      }
    }
  | {
      method: 'typing'
      params: {
        /**
         * Which conversation.
         */
        target: string
      }
    }
  | {
      method: 'group_join'
      params: {
        /**
         * Its id, or its name in the directory.
         */
        target: string
      }
    }
  | {
      method: 'community_create'
      params: {
        /**
         * Name.
         */
        name: string
        /**
         * Description.
         */
        description?: string | null
        /**
         * What its first group is called; "General" when absent.
         */
        general?: string | null
      }
    }
  | { method: 'community_list' }
  | {
      method: 'community_show'
      params: {
        /**
         * Its id, or its name when unambiguous.
         */
        target: string
      }
    }
  | {
      method: 'community_set'
      params: {
        /**
         * Which.
         */
        target: string
        /**
         * New name.
         */
        name?: string | null
        /**
         * New description.
         */
        description?: string | null
      }
    }
  | {
      method: 'community_members'
      params: {
        /**
         * Which.
         */
        target: string
      }
    }
  | {
      method: 'community_log'
      params: {
        /**
         * Which.
         */
        target: string
      }
    }
  | {
      method: 'community_promote'
      params: {
        /**
         * Which.
         */
        target: string
        /**
         * Whom.
         */
        handle: string
        /**
         * `owner`, `admin` or `member`.
         */
        role: Role
        /**
         * Until then; for ever when absent.
         */
        until: number | null
      }
    }
  | {
      method: 'community_remove'
      params: {
        /**
         * Which.
         */
        target: string
        /**
         * Whom.
         */
        handle: string
      }
    }
  | {
      method: 'community_groups'
      params: {
        /**
         * Which.
         */
        target: string
      }
    }
  | {
      method: 'announce'
      params: {
        /**
         * The community.
         */
        community: string
        /**
         * The text, up to 64 KiB.
         */
        text: string
        /**
         * Ids or names of groups in its directory; to everybody when empty.
         */
        to: Array<string>
        /**
         * Repeating it with the same key announces nothing twice.
         */
        idempotency?: string | null
      }
    }
  | {
      method: 'announcement_list'
      params: {
        /**
         * The community.
         */
        community: string
      }
    }

/**
 * A successful answer.
 */
export type Answer =
  | {
      /**
       * Account id.
       */
      account: string
      /**
       * Device id.
       */
      device: string
      /**
       * Handle, without `@`.
       */
      handle: string
      /**
       * To be kept by the person: the way back in.
       */
      recovery_key: string
    }
  | {
      /**
       * Message id.
       */
      message: string
      /**
       * Conversation id.
       */
      conversation: string
      /**
       * Position; absent while only queued.
       */
      seq?: number
    }
  | {
      /**
       * How many conversations there are.
       */
      conversations: number
      /**
       * Messages that came since the last sync.
       */
      new_messages: number
      /**
       * Re-entries of this device, ever.
       */
      epoch_repairs: number
      /**
       * Messages that could not be opened, ever. 0, or there is a defect.
       */
      undecryptable: number
    }
  | {
      /**
       * The link's id.
       */
      invite: string
      /**
       * The link. Shown to whoever may enter.
       */
      link: string
    }
  | {
      /**
       * Conversation id.
       */
      group: string
      /**
       * Its name.
       */
      name: string
      /**
       * Its description.
       */
      description: string
      /**
       * How many people are in it. Absent for a community: only its admins know.
       */
      members?: number
      /**
       * Whether one is in it already.
       */
      joined: boolean
      /**
       * `group` or `community`; of a community `group` is its id.
       */
      kind: string
      /**
       * Whether it is a group of a community, whose announcements one gets with it. The server's word.
       */
      in_community?: boolean
    }
  | {
      /**
       * Community id.
       */
      community: string
      /**
       * `joined`.
       */
      state: string
      /**
       * Default groups that were full.
       */
      full?: Array<string>
    }
  | {
      /**
       * Community id.
       */
      community: string
      /**
       * Id of its announcements.
       */
      announcements: string
      /**
       * Id of its first group.
       */
      general: string
      /**
       * Id of its admins' room.
       */
      admin_room: string
    }
  | CommunityInfo
  | {
      /**
       * Message id.
       */
      message: string
      /**
       * The community's id, or those of the chosen groups.
       */
      targets: Array<string>
    }
  | {
      /**
       * Names of groups that the person was removed from.
       */
      removed_from: Array<string>
      /**
       * Names of groups that the person may still be in, where one does not administer them or it was refused:
       * their own admins must remove the person.
       */
      not_removed_from: Array<string>
    }
  | {
      /**
       * Conversation id.
       */
      group: string
      /**
       * `joined`.
       */
      state: string
    }
  | ConversationInfo
  | {
      /**
       * Account id.
       */
      account: string
      /**
       * Device id.
       */
      device: string
      /**
       * Handle, without `@`.
       */
      handle: string
      /**
       * Display name.
       */
      name: string
      /**
       * The server's address.
       */
      server: string
    }
  | {
      /**
       * Account id.
       */
      account: string
      /**
       * Device id.
       */
      device: string
    }
  | {
      /**
       * Conversation id.
       */
      group: string
    }
  | Array<Item>
  | Record<symbol, never>

/**
 * An item of a list.
 */
export type Item =
  | MessageInfo
  | ConversationInfo
  | MemberInfo
  | InviteInfo
  | DeviceInfo
  | CommunityInfo
  | CommunityMemberInfo
  | CommunityChangeInfo
  | DirectoryInfo

/**
 * Something that happened, for hosts that follow.
 */
export type Event =
  | {
      event: 'message'
      /**
       * As it is now.
       */
      message: MessageInfo
    }
  | {
      event: 'conversation'
      /**
       * As it is now.
       */
      conversation: ConversationInfo
    }
  | {
      event: 'community'
      /**
       * As it is now.
       */
      community: CommunityInfo
    }
  | {
      event: 'typing'
      /**
       * Conversation id.
       */
      conversation: string
      /**
       * Who.
       */
      person: Person
    }
  | {
      event: 'connection'
      /**
       * The state.
       */
      state: string
    }
  | {
      event: 'alarm'
      /**
       * Its stable code.
       */
      code: string
      /**
       * The conversation it concerns.
       */
      conversation: string | null
    }

/**
 * A role in a group, as people name it.
 */
export type Role = 'owner' | 'admin' | 'moderator' | 'member'

/**
 * How the members of a community enter one of its groups.
 */
export type JoinMode = 'open' | 'invite'

/**
 * A group or direct conversation.
 */
export type ConversationInfo = {
  /**
   * Conversation id.
   */
  group: string
  /**
   * `group`, `direct`, `announcements` or `admin_room`.
   */
  kind: string
  /**
   * The community that it belongs to.
   */
  community?: string
  /**
   * Name; of a direct conversation the other person's.
   */
  name: string
  /**
   * Description.
   */
  description: string
  /**
   * How many people are in it. Absent where one is not, and of announcements: only admins know who is in a community.
   */
  members?: number
  /**
   * One's own role.
   */
  role: Role
  /**
   * The other person's handle, in a direct conversation.
   */
  handle?: string
  /**
   * The other person's account id, in a direct conversation.
   */
  account?: string
  /**
   * `active`, `request` (a stranger's first message), `joining` or `left`.
   */
  state: string
  /**
   * Messages of others after the read mark.
   */
  unread: number
  /**
   * Position of the last entry that was processed.
   */
  seq: number
  /**
   * Whether there may be something before what this device can show: it came later, and the log has entries from
   * before that are neither commits nor vault writes.
   */
  began_earlier?: boolean
  /**
   * Whether new messages are sealed against quantum computers too.
   */
  quantum_safe: boolean
  /**
   * The newest message.
   */
  last?: MessageInfo
  /**
   * Set when the server showed a history that does not fit (docs/protocol.md §4.2).
   */
  alarm?: string
}

/**
 * A participant.
 */
export type MemberInfo = {
  /**
   * Handle, without `@`.
   */
  handle: string
  /**
   * Account id.
   */
  account: string
  /**
   * Display name.
   */
  name: string
  /**
   * Role.
   */
  role: Role
  /**
   * How many devices.
   */
  devices: number
}

/**
 * A person as the sender of a message.
 */
export type Person = {
  /**
   * Handle, without `@`; empty while unknown.
   */
  handle: string
  /**
   * Display name; the handle while unknown.
   */
  name: string
  /**
   * Account id.
   */
  account: string
}

/**
 * A message or event in a conversation.
 */
export type MessageInfo = {
  /**
   * Message id; for events the position.
   */
  message: string
  /**
   * Conversation id.
   */
  conversation: string
  /**
   * Position; 0 while it is still in the outbox.
   */
  seq: number
  /**
   * Who.
   */
  sender: Person
  /**
   * The server's stamp, RFC 3339 UTC.
   */
  at: string
  /**
   * `text`, or an event: `created`, `added`, `removed`, `joined`, `device` (somebody has a further one), `role`,
   * `renamed`, `left`, `unknown`.
   */
  kind: string
  /**
   * The text; null when deleted.
   */
  text: string | null
  /**
   * Whether it was edited.
   */
  edited: boolean
  /**
   * Files.
   */
  files: Array<FileInfo>
  /**
   * The message that this answers.
   */
  reply_to: string | null
  /**
   * Whether it is an announcement.
   */
  announcement: boolean
  /**
   * Of an announcement to chosen groups: their ids.
   */
  targets?: Array<string>
  /**
   * Of one's own messages: `sending`, `sent`, `delivered` or `failed`; of others' `received`.
   */
  state: string
  /**
   * Of events: whom it concerns.
   */
  subjects?: Array<Person>
  /**
   * Of `role`: the one that was given.
   */
  role?: Role
  /**
   * Of `renamed`: the new name; absent when the description alone changed.
   */
  name?: string
}

/**
 * A file of a message.
 */
export type FileInfo = {
  /**
   * Its number in the message, from 1.
   */
  n: number
  /**
   * Name.
   */
  name: string
  /**
   * Size in bytes.
   */
  size: number
  /**
   * Media type.
   */
  type: string
}

/**
 * An invite link.
 */
export type InviteInfo = {
  /**
   * The link's id.
   */
  invite: string
  /**
   * The group.
   */
  group: string
  /**
   * Who made it.
   */
  creator: Person
  /**
   * RFC 3339 UTC; absent for ever.
   */
  expires?: string
  /**
   * How many may enter; absent for any number.
   */
  uses_max?: number
  /**
   * How many have entered.
   */
  uses: number
  /**
   * `live`, `expired` or `used_up`. One that lets nobody in any more still counts among a group's links until it
   * is revoked.
   */
  state: string
  /**
   * The link itself, where this device made it.
   */
  link?: string
}

/**
 * A device of one's own.
 */
export type DeviceInfo = {
  /**
   * Device id.
   */
  device: string
  /**
   * Running number.
   */
  number: number
  /**
   * RFC 3339 UTC.
   */
  created: string
  /**
   * When the server last saw it, to the hour; absent when never.
   */
  last_seen?: string
  /**
   * Whether it is this one.
   */
  this: boolean
}

/**
 * A community.
 */
export type CommunityInfo = {
  /**
   * Community id.
   */
  community: string
  /**
   * Name; empty while it is not known.
   */
  name: string
  /**
   * Description.
   */
  description: string
  /**
   * One's own role.
   */
  role: Role
  /**
   * `active`, `founding`, `joining` or `left`.
   */
  state: string
  /**
   * Id of its announcements.
   */
  announcements: string
  /**
   * Id of the admins' room, for admins.
   */
  admin_room?: string
  /**
   * How many people are in it, for admins.
   */
  members?: number
  /**
   * How many wait for a seat in the channel, for admins.
   */
  waiting?: number
  /**
   * Announcements of others after the read mark.
   */
  unread: number
  /**
   * Epoch of the channel.
   */
  epoch: number
  /**
   * The newest announcement.
   */
  last?: MessageInfo
  /**
   * Set when the server showed a log that does not fit (docs/protocol.md §10.2).
   */
  alarm?: string
}

/**
 * Somebody in a community.
 */
export type CommunityMemberInfo = {
  /**
   * Handle, without `@`.
   */
  handle: string
  /**
   * Account id.
   */
  account: string
  /**
   * Display name.
   */
  name: string
  /**
   * Role in the community.
   */
  role: Role
}

/**
 * A change of a community.
 */
export type CommunityChangeInfo = {
  /**
   * Position in the community's log.
   */
  seq: number
  /**
   * The server's stamp, RFC 3339 UTC.
   */
  at: string
  /**
   * `founded`, `role`, `invite_created`, `invite_revoked` or `rekeyed`.
   */
  action: string
  /**
   * Who did it.
   */
  actor: Person
  /**
   * Handle of the person concerned, without `@`.
   */
  handle?: string
  /**
   * The new role.
   */
  role?: Role
}

/**
 * A group in a community's directory.
 */
export type DirectoryInfo = {
  /**
   * Conversation id.
   */
  group: string
  /**
   * The community.
   */
  community: string
  /**
   * Name.
   */
  name: string
  /**
   * Description.
   */
  description: string
  /**
   * How one enters.
   */
  join: JoinMode
  /**
   * Whether newcomers enter it at once.
   */
  default: boolean
  /**
   * How many people are in it; absent when the server is away.
   */
  members?: number
  /**
   * Whether one is in it.
   */
  joined: boolean
}

/**
 * Stable codes of refusals.
 */
export type ErrorCode =
  | 'internal'
  | 'malformed'
  | 'limit_exceeded'
  | 'not_authenticated'
  | 'bad_signature'
  | 'overloaded'
  | 'rate_limited'
  | 'upgrade_required'
  | 'storage_full'
  | 'invalid_handle'
  | 'handle_taken'
  | 'unknown_handle'
  | 'unknown_account'
  | 'recovery_refused'
  | 'too_many_devices'
  | 'no_key_package'
  | 'device_revoked'
  | 'not_a_member'
  | 'stale_epoch'
  | 'invalid_commit'
  | 'forbidden'
  | 'group_full'
  | 'conversation_exists'
  | 'vault_conflict'
  | 'incomplete_bundle'
  | 'expired'
  | 'unknown_link'
  | 'link_expired'
  | 'link_used_up'
  | 'barred'
  | 'usage'
  | 'server_unreachable'
  | 'home_busy'
  | 'database_damaged'
  | 'no_account'
  | 'account_exists'
  | 'unknown_target'
  | 'ambiguous_target'
  | 'fork_detected'
  | 'timeout'
  | 'disk_full'
  | 'invalid_name'
  | 'invalid_text'
  | 'invalid_link'
  | 'invalid_recovery_key'
  | 'already_member'
  | 'server_misbehaved'
  | 'waiting_for_key'
  | 'home_read_only'
  | 'stale_directory'
  | 'other_server'
