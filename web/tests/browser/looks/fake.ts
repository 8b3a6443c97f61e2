import type {
  ConversationInfo,
  DeviceInfo,
  InviteInfo,
  MemberInfo,
  MessageInfo,
  Request,
} from '../../../src/core/api'
import type { AnswerTo, CoreClient, CoreEvent, CoreState } from '../../../src/core/client'
import { CoreError, type CoreErrorCode } from '../../../src/core/error'
import { CONVERSATIONS, GARDEN, ME, manyMessages, PEOPLE } from './people'

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
  #account: boolean

  constructor(look: string) {
    this.#look = look
    this.#account = look !== 'new'
    this.#conversations = ['full', 'offline', 'many'].includes(look) ? CONVERSATIONS : []
    this.#messages = look === 'many' ? manyMessages(1_000) : GARDEN
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
      case 'read':
        return this.#messagesOf(request.params.target).slice(-request.params.limit)
      case 'group_members':
        return MEMBERS
      case 'invite_list':
        return INVITES
      case 'invite_create':
        return {
          invite: 'inv3',
          link: `${ORIGIN}/i/mfrggzdfmztwq2lkmfrggzdfmy#gaytembtgq2tmnzyhfqwey3emvtdamjsgm2dknrxha4wcytdmrswmjo`,
        }
      case 'devices':
        return DEVICES
      case 'link_preview':
        if (this.#look === 'broken') this.#refuse('link_expired')
        return {
          group: 'garden',
          name: 'Shared garden',
          description: 'The plot behind the school. Saturdays at ten, rain or shine.',
          members: 6,
          joined: false,
        }
      case 'join':
        return { group: 'garden', state: 'joined' }
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
