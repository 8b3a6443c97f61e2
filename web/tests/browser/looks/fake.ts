import type {
  CommunityInfo,
  ConversationInfo,
  DeviceInfo,
  InviteInfo,
  MemberInfo,
  MessageInfo,
  Request,
} from '../../../src/core/api'
import type { AnswerTo, CoreClient, CoreEvent, CoreState } from '../../../src/core/client'
import { CoreError, type CoreErrorCode } from '../../../src/core/error'
import {
  BOOK,
  COMMUNITY_MEMBERS,
  CONVERSATIONS,
  communities,
  communityConversations,
  DIRECTORY,
  GARDEN,
  ME,
  manyMessages,
  NEWS_POSTS,
  PEOPLE,
} from './people'

const KEY = 'gayt-embt-gq2t-mnzy-hfqw-ey3e-mvtd-amjs-gm2d-knrx-ha4w-cytd-mrsw-mjo'
const ORIGIN = 'https://chat.example.org'

/** A core without cryptography or server, in one of a few situations. */
export class FakeCore implements CoreClient {
  state: CoreState = 'ready'
  failure: CoreError | undefined
  readonly #look: string
  readonly #listeners = new Set<(event: CoreEvent) => void>()
  #conversations: ConversationInfo[]
  #messages: MessageInfo[]
  #communities: CommunityInfo[] = []
  #account: boolean
  #invites = INVITES

  constructor(look: string) {
    this.#look = look
    this.#account = look !== 'new'
    this.#conversations = ['full', 'offline', 'many'].includes(look) ? CONVERSATIONS : []
    this.#messages = look === 'many' ? manyMessages(1_000) : GARDEN
    if (look === 'admin' || look === 'neighbour') {
      this.#conversations = [...communityConversations(look === 'admin'), ...CONVERSATIONS.slice(1, 7)]
      this.#communities = communities(look === 'admin')
      this.#messages = [...NEWS_POSTS, ...BOOK]
    }
    if (look === 'failed') this.failure = new CoreError('database_damaged', '')
  }

  emit(event: CoreEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  subscribe(listener: (event: CoreEvent) => void): () => void {
    this.#listeners.add(listener)
    listener({ event: 'connection', state: this.#look === 'offline' ? 'offline' : 'online' })
    return () => this.#listeners.delete(listener)
  }

  wake(): void {
    this.emit({ event: 'connection', state: 'online' })
  }

  subscribeState(): () => void {
    return () => {}
  }

  async hasAccount(): Promise<boolean> {
    if (this.failure) throw this.failure
    return this.#account
  }

  async request<R extends Request>(request: R): Promise<AnswerTo<R>> {
    return this.#answer(request) as AnswerTo<R>
  }

  #refuse(code: CoreErrorCode): never {
    throw new CoreError(code, code)
  }

  #answer(request: Request): unknown {
    switch (request.method) {
      case 'register':
        if (request.params.handle === 'taken') this.#refuse('handle_taken')
        this.#account = true
        return { account: ME.account, device: 'dev1', handle: request.params.handle, recovery_key: KEY }
      case 'who_am_i':
        return { account: ME.account, device: 'dev1', handle: ME.handle, name: ME.name, server: ORIGIN }
      case 'conversations':
        return this.#conversations
      case 'group_show': {
        const { target } = request.params
        const shown = this.#conversations.find((item) => item.group === target)
        return shown ?? this.#refuse('unknown_target')
      }
      case 'read':
        return this.#messagesOf(request.params.target).slice(-request.params.limit)
      case 'message':
        return this.#messagesOf(request.params.target).filter((m) => m.message === request.params.message)
      case 'group_members':
        return MEMBERS
      case 'invite_list':
        return this.#invites
      case 'invite_create':
        return {
          invite: 'inv3',
          link: `${ORIGIN}/i/mfrggzdfmztwq2lkmfrggzdfmy#gaytembtgq2tmnzyhfqwey3emvtdamjsgm2dknrxha4wcytdmrswmjo`,
        }
      case 'devices':
        return DEVICES
      case 'link_preview':
        if (this.#look === 'broken') this.#refuse('link_expired')
        if (request.params.link.includes('/i/nbswy3dp')) return COMMUNITY_PREVIEW
        return { ...GROUP_PREVIEW, in_community: request.params.link.includes('/i/obqxezdj') }
      case 'join':
        return request.params.link.includes('/i/nbswy3dp')
          ? { community: 'quarter', state: 'joined', full: ['general'] }
          : { group: 'garden', state: 'joined' }
      case 'community_list':
        return this.#communities
      case 'community_groups':
        return request.params.target === 'quarter' ? DIRECTORY : []
      case 'community_members':
        return COMMUNITY_MEMBERS
      case 'community_create':
        return this.#found(request.params.name, request.params.description ?? '')
      case 'community_remove':
        return this.#removePerson()
      case 'group_join':
        if (request.params.target === 'tools') this.#refuse('server_unreachable')
        return { group: request.params.target, state: 'joined' }
      case 'announce':
        if (request.params.to?.length) return { message: 'announced', targets: request.params.to }
        return this.#refuse('stale_directory')
      case 'mark_read':
        return this.#markRead(request.params.target)
      case 'send':
        return this.#send(request.params.target, request.params.text, request.params.reply_to ?? null)
      default:
        return {}
    }
  }

  #messagesOf(target: string): MessageInfo[] {
    const own = this.#messages.filter((message) => message.conversation === target)
    const last = this.#conversations.find((item) => item.group === target)?.last
    return own.length > 0 || !last ? own : [last]
  }

  #found(name: string, description: string): object {
    const community: CommunityInfo = {
      community: 'founded',
      name,
      description,
      role: 'owner',
      state: 'active',
      announcements: 'founded-news',
      admin_room: 'founded-room',
      members: 1,
      waiting: 0,
      unread: 0,
      epoch: 1,
    }
    this.emit({ event: 'community', community })
    return { community: 'founded', announcements: 'founded-news', general: 'g', admin_room: 'founded-room' }
  }

  /** After a while, with one link less. */
  async #removePerson(): Promise<object> {
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    this.#invites = INVITES.slice(1)
    return { removed_from: ['Shared garden'], not_removed_from: ['Tool library', 'Association board'] }
  }

  #markRead(target: string): object {
    const item = this.#conversations.find((other) => other.group === target)
    if (item) this.#change({ ...item, unread: 0 })
    return {}
  }

  #change(conversation: ConversationInfo): void {
    this.#conversations = this.#conversations.map((c) => (c.group === conversation.group ? conversation : c))
    this.emit({ event: 'conversation', conversation })
  }

  #send(target: string, text: string, reply_to: string | null): object {
    const message: MessageInfo = {
      ...(GARDEN[2] as MessageInfo),
      message: `own${Math.random()}`,
      conversation: target,
      sender: PEOPLE.marie,
      text,
      reply_to,
      seq: 0,
      at: new Date().toISOString(),
      state: 'sending',
    }
    this.emit({ event: 'message', message })
    setTimeout(() => this.emit({ event: 'message', message: { ...message, seq: 1000, state: 'sent' } }), 400)
    return { message: message.message, conversation: target }
  }
}

const GROUP_PREVIEW = {
  group: 'garden',
  name: 'Shared garden',
  description: 'The plot behind the school. Saturdays at ten, rain or shine.',
  members: 6,
  joined: false,
  kind: 'group',
}

const COMMUNITY_PREVIEW = {
  group: 'quarter',
  name: 'Quartier des Tanneurs',
  description: 'Everybody who lives between the canal and the old tannery.',
  members: 0,
  joined: false,
  kind: 'community',
}

const MEMBERS: MemberInfo[] = Object.values(PEOPLE).map((person, index) => ({
  ...person,
  role: index < 2 ? 'admin' : 'member',
  devices: 1 + (index % 3),
}))

const INVITES: InviteInfo[] = [
  {
    invite: 'inv1',
    group: 'garden',
    creator: ME,
    uses: 4,
    state: 'live',
    uses_max: 10,
    expires: new Date(Date.now() + 5e8).toISOString(),
    link: `${ORIGIN}/i/mfrggzdfmztwq2lkmfrggzdfmy#gaytembtgq2tmnzyhfqwey3emvtdamjsgm2dknrxha4wcytdmrswmjo`,
  },
  { invite: 'inv2', group: 'garden', creator: PEOPLE.samir, uses: 1, state: 'live' },
  { invite: 'inv3', group: 'garden', creator: ME, uses: 1, uses_max: 1, state: 'used_up' },
]

const DEVICES: DeviceInfo[] = [
  { device: 'dev1', number: 1, created: '2026-09-01T10:00:00Z', this: true },
  {
    device: 'dev2',
    number: 2,
    created: '2026-10-12T10:00:00Z',
    last_seen: new Date(Date.now() - 2e8).toISOString(),
    this: false,
  },
]
