import type { MessageInfo } from '../../core/api'
import type { CoreClient } from '../../core/client'
import { Store } from '../store'
import { codeOf } from './errors'
import { withMessage } from './messages'
import { namedMessage } from './names'

const PAGE = 80
const READ_MAX = 10_000

export interface TimelineView {
  state: 'loading' | 'ready' | 'failed'
  messages: readonly MessageInfo[]
  /** Is there anything before the first? */
  older: 'none' | 'some' | 'loading'
}

/** The messages of one conversation as far as they were asked for: the newest, and what was loaded upwards. */
export class Timeline {
  readonly view = new Store<TimelineView>({ state: 'loading', messages: [], older: 'none' })
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
    const limit = this.#limit
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
        older: 'none',
      }))
    }
  }

  /** Loads what came before the first message shown. */
  async loadOlder(): Promise<void> {
    if (this.view.get().older !== 'some') return
    this.view.update((view) => ({ ...view, older: 'loading' }))
    this.#limit = Math.min(READ_MAX, Math.max(this.#limit, this.view.get().messages.length) + 2 * PAGE)
    await this.load()
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
