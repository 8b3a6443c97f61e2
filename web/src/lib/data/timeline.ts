import type { MessageInfo } from '../../core/api'
import type { CoreClient } from '../../core/client'
import { Store } from '../store'
import { codeOf } from './errors'
import { withMessage } from './messages'
import { namedMessage } from './names'

const PAGE = 80
const READ_MAX = 10_000
/** So much is read above a message that one goes to. */
const ABOVE = 30
/** How soon what could not be read is asked for again. */
const RETRY_MS = 3_000

export interface TimelineView {
  state: 'loading' | 'ready' | 'failed'
  messages: readonly MessageInfo[]
  /** Is there anything before the first? */
  older: 'none' | 'some' | 'loading'
}

/** The messages of one conversation as far as they were asked for: the newest, and what was loaded upwards. */
export class Timeline {
  readonly view = new Store<TimelineView>({ state: 'loading', messages: [], older: 'none' })
  /** Messages that are quoted and not loaded; null where they are not on this device. */
  readonly quoted = new Store<ReadonlyMap<string, MessageInfo | null>>(new Map())
  readonly #asked = new Set<string>()
  readonly #core: CoreClient
  readonly #target: string
  #limit = PAGE

  constructor(core: CoreClient, target: string) {
    this.#core = core
    this.#target = target
    void this.load()
  }

  /** Reads again what is shown. */
  async load(): Promise<void> {
    // Who is quoted may have got a name.
    this.#asked.clear()
    // What came since it was read is not given away.
    const limit = Math.min(READ_MAX, Math.max(this.#limit, this.view.get().messages.length))
    try {
      const params = { target: this.#target, limit, events: true }
      const messages = await this.#core.request({ method: 'read', params })
      const older = messages.length >= limit && limit < READ_MAX ? 'some' : 'none'
      this.view.set({ state: 'ready', messages: messages.map(namedMessage), older })
    } catch (error) {
      const gone = codeOf(error) === 'unknown_target'
      this.view.update((view) => ({
        ...view,
        state: gone || view.messages.length === 0 ? 'failed' : view.state,
        older: gone ? 'none' : view.older,
      }))
    }
  }

  /** Loads what came before the first message shown. */
  async loadOlder(): Promise<void> {
    if (this.view.get().older !== 'some') return
    this.view.update((view) => ({ ...view, older: 'loading' }))
    this.#limit = Math.min(READ_MAX, Math.max(this.#limit, this.view.get().messages.length) + 2 * PAGE)
    await this.load()
    if (this.view.get().older !== 'loading') return
    // It failed, and is asked again: after a pause, or who stands at the top would ask without end.
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    this.view.update((view) => (view.older === 'loading' ? { ...view, older: 'some' } : view))
  }

  /** Loads upwards as far as a position, and somewhat further. */
  async loadBackTo(seq: number): Promise<void> {
    const first = this.view.get().messages.find((message) => message.seq > 0)
    if (first && first.seq <= seq) return
    this.view.update((view) => ({ ...view, older: 'loading' }))
    const since = Math.max(0, seq - ABOVE)
    try {
      const params = { target: this.#target, since, limit: READ_MAX, events: true }
      const messages = await this.#core.request({ method: 'read', params })
      this.#limit = Math.max(this.#limit, messages.length)
      const older = since > 0 ? 'some' : 'none'
      this.view.set({ state: 'ready', messages: messages.map(namedMessage), older })
    } catch {
      this.view.update((view) => ({ ...view, older: 'some' }))
    }
  }

  /** Looks for a message that is quoted and not loaded. Once. */
  async lookUp(message: string): Promise<void> {
    if (this.#asked.has(message)) return
    this.#asked.add(message)
    try {
      const params = { target: this.#target, message }
      const [found] = await this.#core.request({ method: 'message', params })
      this.quoted.update((all) => new Map(all).set(message, found ? namedMessage(found) : null))
    } catch {
      this.#asked.delete(message)
    }
  }

  /** A message was added or changed. */
  take(message: MessageInfo): void {
    this.view.update((view) => {
      const first = view.messages.find((other) => other.seq > 0)
      const beforeAll = view.older !== 'none' && first && message.seq > 0 && message.seq < first.seq
      return view.state !== 'ready' || beforeAll
        ? view
        : { ...view, messages: withMessage(view.messages, message) }
    })
  }
}
