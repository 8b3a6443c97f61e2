import type { CommunityInfo, ConversationInfo, DirectoryInfo, MessageInfo } from '../../core/api'
import type { AnswerTo, CoreClient, CoreEvent } from '../../core/client'
import { Store } from '../store'
import { type Alarm, Alarms } from './alarms'
import { fromCommunities, NO_COMMUNITIES, namedCommunity, withCommunity } from './communities'
import {
  type Conversations,
  fromList,
  NO_CONVERSATIONS,
  withConversation,
  withMessage,
} from './conversations'
import { lacksNames, namedConversation, namedMessage } from './names'
import { NameWatch } from './nameWatch'
import { Timeline } from './timeline'
import { Typing } from './typing'

export type Me = AnswerTo<{ method: 'who_am_i' }>
/** `full`: this device has no room left, and takes nothing from the server until it has. */
export type Connection = 'online' | 'connecting' | 'offline' | 'full'

/** What one is writing in a conversation and has not sent. In memory only. */
export interface Draft {
  text: string
  replyTo: MessageInfo | null
  /** Of an announcement: the groups that it is for; everybody when empty. */
  to: readonly string[]
}

export const NO_DRAFT: Draft = { text: '', replyTo: null, to: [] }

const TIMELINES_MAX = 12
/** What comes together is counted together. */
const COUNT_MS = 150

/** What the page knows of an account: filled from the core, kept up to date by its events. */
export class Session {
  readonly core: CoreClient
  readonly me: Store<Me>
  readonly conversations = new Store<Conversations>(NO_CONVERSATIONS)
  readonly communities = new Store(NO_COMMUNITIES)
  /** The groups of each community that was looked at. */
  readonly directories = new Store<ReadonlyMap<string, readonly DirectoryInfo[]>>(new Map())
  /** Communities whose groups were asked for. */
  readonly #wanted = new Set<string>()
  /** Groups of a community that were full when one entered it, until they were told. */
  readonly full = new Store<ReadonlyMap<string, readonly string[]>>(new Map())
  readonly connection = new Store<Connection>('connecting')
  readonly alarms = new Alarms()
  readonly drafts = new Store<ReadonlyMap<string, Draft>>(new Map())
  readonly typing = new Typing()
  readonly #timelines = new Map<string, Timeline>()
  readonly #names = new NameWatch(
    () => lacksNames(this.conversations.get().list, this.#loadedMessages()),
    () => this.refresh(),
  )
  /** Conversations in which something unread may have come. */
  readonly #uncounted = new Set<string>()
  #counting: ReturnType<typeof setTimeout> | undefined
  #stop: (() => void) | undefined

  constructor(core: CoreClient, me: Me) {
    this.core = core
    this.me = new Store(me)
  }

  /** Begins to follow; returns how to stop. Another tab may have become the one with the core: all is read again. */
  start(): () => void {
    let state = this.core.state
    const stopEvents = this.core.subscribe((event) => this.#take(event))
    const stopState = this.core.subscribeState(() => {
      const before = state
      state = this.core.state
      if (before === 'starting' || before === 'follower') void this.refresh()
    })
    void this.refresh()
    this.#stop = () => {
      this.#names.stop()
      clearTimeout(this.#counting)
      this.#counting = undefined
      stopEvents()
      stopState()
    }
    return this.#stop
  }

  async refresh(): Promise<void> {
    const [list, communities] = await Promise.all([
      this.core.request({ method: 'conversations' }),
      this.core.request({ method: 'community_list' }),
    ])
    this.communities.set(fromCommunities(communities.map(namedCommunity)))
    this.conversations.set(fromList(list.map(namedConversation)))
    await Promise.all([...this.#timelines.values()].map((timeline) => timeline.load()))
  }

  async refreshMe(): Promise<void> {
    this.me.set(await this.core.request({ method: 'who_am_i' }))
  }

  /** The messages of a conversation; the ones looked at last are kept. */
  timeline(conversation: string): Timeline {
    const known = this.#timelines.get(conversation)
    if (known) return known
    const oldest = this.#timelines.keys().next().value
    if (this.#timelines.size >= TIMELINES_MAX && oldest !== undefined) this.#timelines.delete(oldest)
    const timeline = new Timeline(this.core, conversation)
    this.#timelines.set(conversation, timeline)
    return timeline
  }

  #loadedMessages(): MessageInfo[] {
    return [...this.#timelines.values()].flatMap((timeline) => timeline.view.get().messages)
  }

  async loadDirectory(community: string): Promise<void> {
    const groups = await this.core.request({ method: 'community_groups', params: { target: community } })
    this.directories.update((all) => new Map(all).set(community, groups))
  }

  /** As `loadDirectory`, for who only wants the names and may go without: once at most. */
  wantDirectory(community: string): void {
    if (this.directories.get().has(community) || this.#wanted.has(community)) return
    this.#wanted.add(community)
    this.loadDirectory(community).catch(() => this.#wanted.delete(community))
  }

  setFull(community: string, groups: readonly string[]): void {
    this.full.update((all) => new Map(all).set(community, groups))
  }

  setDraft(conversation: string, draft: Draft): void {
    this.drafts.update((drafts) => new Map(drafts).set(conversation, draft))
  }

  #take(event: CoreEvent): void {
    switch (event.event) {
      case 'message':
        this.#takeMessage(namedMessage(event.message))
        break
      case 'conversation':
        this.#takeConversation(namedConversation(event.conversation))
        break
      case 'community':
        this.#takeCommunity(namedCommunity(event.community))
        break
      case 'typing':
        this.typing.take(event.conversation, event.person)
        break
      case 'connection':
        this.connection.set(event.state as Connection)
        break
      case 'alarm':
        this.#takeAlarm({ code: event.code, conversation: event.conversation })
    }
  }

  #takeAlarm(alarm: Alarm): void {
    // What is stopped says so itself, for good; but a community is not sent with the alarm.
    if (alarm.code === 'fork_detected' && alarm.conversation !== null)
      void this.#showStopped(alarm.conversation)
    else this.alarms.take(alarm, Date.now())
  }

  async #showStopped(target: string): Promise<void> {
    if (!this.communities.get().list.some((community) => community.community === target)) return
    const shown = await this.core.request({ method: 'community_show', params: { target } }).catch(() => null)
    if (!shown) return
    this.#takeCommunity(namedCommunity(shown))
    if (shown.announcements !== '') await this.#show(shown.announcements)
  }

  #takeCommunity(community: CommunityInfo): void {
    this.communities.update((list) => withCommunity(list, community))
    const target = community.announcements
    const known = this.conversations.get().list.some((item) => item.group === target)
    // They come and go with a community, not by themselves.
    if (target !== '' && (!known || community.state === 'left')) void this.#show(target)
  }

  /** The event of a message does not say what is unread with it: the core counts. */
  #count(conversation: string): void {
    this.#uncounted.add(conversation)
    this.#counting ??= setTimeout(() => {
      this.#counting = undefined
      for (const target of this.#uncounted) void this.#show(target)
      this.#uncounted.clear()
    }, COUNT_MS)
  }

  async #show(target: string): Promise<void> {
    const shown = await this.core.request({ method: 'group_show', params: { target } }).catch(() => null)
    if (shown) this.#takeConversation(namedConversation(shown))
  }

  #takeConversation(conversation: ConversationInfo): void {
    this.conversations.update((list) => withConversation(list, conversation, Date.now()))
    this.#names.look()
  }

  #takeMessage(message: MessageInfo): void {
    this.#timelines.get(message.conversation)?.take(message)
    this.conversations.update((list) => withMessage(list, message))
    if (message.state === 'received') this.#count(message.conversation)
    if (message.kind === 'text') this.typing.stop(message.conversation, message.sender.account)
    this.#names.look()
  }
}
