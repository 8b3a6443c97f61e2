// The core as views see it. It runs in a worker, of this tab or of another one; which does not matter to callers.

import type { AnswerTo } from './answers'
import type { Event, Request } from './api'
import { CoreError } from './error'
import type { Ask, FromTab, Outcome, ToTab } from './messages'
import { scriptUrl } from './trust'
import workerUrl from './worker.ts?worker&url'

export type { AnswerTo } from './answers'
export { CoreError, type CoreErrorCode } from './error'

/** What happened; the connection's present state is repeated to each new listener. */
export type CoreEvent = Event

/**
 * `ready`: the core runs in this tab. `follower`: it runs in another tab; everything works. `starting`: requests wait.
 * `failed`: see `failure`; all requests are refused with it.
 */
export type CoreState = 'starting' | 'ready' | 'follower' | 'failed'

/** How long a request may take before it is taken back: as long as the command line waits. */
const PATIENCE_MS = 20_000

/** Asked again when the tab with the core closed before it answered, these might be done twice. */
const ONCE: ReadonlySet<Request['method']> = new Set([
  'register',
  'recover',
  'group_create',
  'group_add',
  'group_remove',
  'invite_create',
  'community_create',
  'community_remove',
] as const)

export interface CoreClient {
  /**
   * Rejects with `CoreError`. `home_busy`: the tab that ran the core closed before it answered, and whether it was
   * done is to be seen. `timeout` or `server_unreachable`: it was taken back, but for what had left already.
   */
  request<R extends Request>(request: R, options?: { patienceMs?: number }): Promise<AnswerTo<R>>
  /** Calls back for each event from now on; returns how to stop. */
  subscribe(listener: (event: CoreEvent) => void): () => void
  readonly state: CoreState
  /** Why `state` is `failed`. */
  readonly failure: CoreError | undefined
  /** Calls back when `state` has changed; returns how to stop. */
  subscribeState(listener: () => void): () => void
  /** Is there a registered account on this device? */
  hasAccount(): Promise<boolean>
  /** Connects now instead of at the end of the pause, or looks whether the connection is still there. */
  wake(): void
}

/** Starts the core. Once per tab. */
export function startCore(): CoreClient {
  const client = new Client(() => new Worker(scriptUrl(workerUrl), { type: 'module', name: 'core' }))
  // A tab in the back/forward cache must not keep the core from others, and may be dropped at any time.
  addEventListener('pagehide', () => client.stop())
  addEventListener('pageshow', (event) => {
    if (event.persisted) client.start()
  })
  // Workers are not told of this in every browser.
  addEventListener('online', () => client.hearOfNetwork(true))
  addEventListener('offline', () => client.hearOfNetwork(false))
  // Somebody looks: pauses are for pages that nobody waits for.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') client.wake()
  })
  return client
}

interface Pending {
  ask: Ask
  once: boolean
  /** Which term was asked. */
  term: string | undefined
  taken: boolean
  settle(outcome: Outcome): void
  refuse(error: CoreError): void
}

/** What `Client` needs of a worker. */
export type Port = Pick<Worker, 'postMessage' | 'terminate'> & {
  onmessage: ((event: MessageEvent<ToTab>) => void) | null
  onerror: ((event: ErrorEvent) => void) | null
}

/** Exported for its tests. */
export class Client implements CoreClient {
  state: CoreState = 'starting'
  failure: CoreError | undefined
  readonly #open: () => Port
  readonly #pending = new Map<number, Pending>()
  readonly #listeners = new Set<(event: CoreEvent) => void>()
  readonly #stateListeners = new Set<() => void>()
  #port: Port | undefined
  #term: string | undefined
  #connection: CoreEvent | undefined
  #nextId = 1

  constructor(open: () => Port) {
    this.#open = open
    this.start()
  }

  start() {
    if (this.#port !== undefined) return
    const port = this.#open()
    this.#port = port
    port.onmessage = (event) => this.#receive(event.data)
    port.onerror = () => this.#fail(new CoreError('internal', 'the worker could not be started'))
  }

  /** Whatever was asked is asked again after `start`. */
  stop() {
    this.#port?.terminate()
    this.#port = undefined
    this.#term = undefined
    if (this.state !== 'failed') this.#become('starting')
  }

  /** The browser says that there is a network again, or none any more. */
  hearOfNetwork(there: boolean) {
    if (this.#term !== undefined) this.#post({ type: 'network', there })
  }

  wake() {
    this.hearOfNetwork(true)
  }

  request<R extends Request>(request: R, options: { patienceMs?: number } = {}): Promise<AnswerTo<R>> {
    const ask: Ask = {
      kind: 'request',
      request: JSON.stringify(repeatable(request)),
      patienceMs: options.patienceMs ?? PATIENCE_MS,
    }
    return this.#ask<AnswerTo<R>>(ask, ONCE.has(request.method))
  }

  hasAccount(): Promise<boolean> {
    return this.#ask<boolean>({ kind: 'has_account' }, false)
  }

  subscribe(listener: (event: CoreEvent) => void): () => void {
    // Of its own, so that the same function may listen twice.
    const own = (event: CoreEvent) => listener(event)
    this.#listeners.add(own)
    if (this.#connection !== undefined) own(this.#connection)
    return () => this.#listeners.delete(own)
  }

  subscribeState(listener: () => void): () => void {
    const own = () => listener()
    this.#stateListeners.add(own)
    return () => this.#stateListeners.delete(own)
  }

  #ask<T>(ask: Ask, once: boolean): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.failure !== undefined) return reject(this.failure)
      const id = this.#nextId++
      const pending: Pending = {
        ask,
        once,
        term: undefined,
        taken: false,
        settle: (outcome) => {
          if (outcome.ok) resolve(JSON.parse(outcome.answer) as T)
          else reject(parseError(outcome.error))
        },
        refuse: reject,
      }
      this.#pending.set(id, pending)
      this.#send(id, pending)
    })
  }

  #send(id: number, pending: Pending) {
    if (this.#term === undefined) return
    pending.term = this.#term
    this.#post({ type: 'ask', id, ask: pending.ask })
  }

  #post(message: FromTab) {
    this.#port?.postMessage(message)
  }

  #receive(message: ToTab) {
    switch (message.type) {
      case 'leader':
        return this.#follow(message.term, message.own)
      case 'taken': {
        const pending = this.#pending.get(message.id)
        if (pending !== undefined) pending.taken = true
        return
      }
      case 'outcome':
        this.#pending.get(message.id)?.settle(message.outcome)
        this.#pending.delete(message.id)
        return
      case 'event':
        return this.#tell(JSON.parse(message.event) as CoreEvent)
      case 'failed':
        return this.#fail(parseError(message.error))
    }
  }

  #follow(term: string, own: boolean) {
    this.failure = undefined
    if (term !== this.#term) {
      this.#term = term
      for (const [id, pending] of this.#pending) {
        if (pending.once && pending.taken) {
          this.#pending.delete(id)
          pending.refuse(
            new CoreError('home_busy', 'the tab that did this was closed: look whether it was done'),
          )
        } else {
          this.#send(id, pending)
        }
      }
    }
    this.#become(own ? 'ready' : 'follower')
  }

  #tell(event: CoreEvent) {
    if (event.event === 'connection') this.#connection = event
    for (const listener of [...this.#listeners]) listener(event)
  }

  #fail(error: CoreError) {
    this.failure = error
    this.#term = undefined
    for (const pending of this.#pending.values()) pending.refuse(error)
    this.#pending.clear()
    this.#become('failed')
  }

  #become(state: CoreState) {
    if (this.state === state) return
    this.state = state
    for (const listener of [...this.#stateListeners]) listener()
  }
}

/** What is sent or announced gets a key by which repeating it sends nothing twice. */
function repeatable(request: Request): Request {
  if (request.method === 'send') return { ...request, params: withKey(request.params) }
  if (request.method === 'announce') return { ...request, params: withKey(request.params) }
  return request
}

function withKey<P extends { idempotency?: string | null }>(params: P): P {
  return params.idempotency == null ? { ...params, idempotency: crypto.randomUUID() } : params
}

type Refusal = Pick<CoreError, 'code' | 'message'> & { handle?: string | null }

function parseError(text: string): CoreError {
  const { code, message, handle } = JSON.parse(text) as Refusal
  return new CoreError(code, message, handle)
}
