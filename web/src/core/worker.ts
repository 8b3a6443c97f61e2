// The worker that every tab starts. One of all the tabs' workers, the leader, gets the lock and runs the core; the
// others carry messages between their tab and it. When the leader's tab goes, the browser frees the lock, and the
// next in line boots the core.

import type { Device } from '#wasm'
import { CoreError } from './error'
import { Host, refusal } from './host'
import { databaseKey, noteAccount } from './key'
import { type Ask, type Between, CORE, type FromTab, type Outcome, type ToTab } from './messages'

declare const self: DedicatedWorkerGlobalScope

interface DedicatedWorkerGlobalScope {
  postMessage(message: ToTab): void
  onmessage: ((event: MessageEvent<FromTab>) => void) | null
  close(): void
}

/** A worker that was just ended frees its files a little after its lock. */
const OPEN_RETRY_MS = 50
const OPEN_PATIENCE_MS = 5_000

/** This worker, among all. */
const me = crypto.randomUUID()
const channel = new BroadcastChannel(CORE)

/** Who answers: this worker, another one, or nobody yet. */
let role:
  | { kind: 'nobody' }
  | { kind: 'follower'; term: string }
  | { kind: 'leader'; term: string; leader: Leader } = {
  kind: 'nobody',
}

/** Runs the core for all tabs. */
class Leader {
  readonly #host: Host
  /** The connection's last state, for tabs that come later. */
  #connection: string | undefined
  /** It is noted outside the database that there is an account in it. */
  #noted = false

  constructor(device: Device) {
    this.#host = new Host(device, (event) => this.#tell(event), fail)
    this.#note()
  }

  #note() {
    if (this.#noted || !this.#host.hasAccount()) return
    this.#noted = true
    // Without the note, a database that loses the account looks like a new one; nothing else depends on it.
    noteAccount().catch((error) => console.error(error))
  }

  ask(tab: string, id: number, ask: Ask) {
    if (ask.kind === 'has_account') {
      return settle(tab, id, { ok: true, answer: JSON.stringify(this.#host.hasAccount()) })
    }
    taken(tab, id)
    this.#host.request(ask.request, ask.patienceMs, (outcome) => {
      if (outcome.ok) this.#note()
      settle(tab, id, outcome)
    })
  }

  hearOfNetwork(there: boolean) {
    this.#host.hearOfNetwork(there)
  }

  /** A tab came. */
  greet(tab: string) {
    if (this.#connection !== undefined)
      channel.postMessage({ type: 'event', tab, event: this.#connection } satisfies Between)
  }

  #tell(event: string) {
    if (event.startsWith('{"event":"connection"')) this.#connection = event
    self.postMessage({ type: 'event', event })
    channel.postMessage({ type: 'event', event } satisfies Between)
  }
}

/** The core cannot run here. Ends, so that files and lock are free: another tab may have more luck. */
function fail(error: string) {
  self.postMessage({ type: 'failed', error })
  self.close()
}

function taken(tab: string, id: number) {
  if (tab === me) self.postMessage({ type: 'taken', id })
  else channel.postMessage({ type: 'taken', tab, id } satisfies Between)
}

function settle(tab: string, id: number, outcome: Outcome) {
  if (tab === me) self.postMessage({ type: 'outcome', id, outcome })
  else channel.postMessage({ type: 'outcome', tab, id, outcome } satisfies Between)
}

function follow(term: string) {
  if (role.kind === 'leader' || (role.kind === 'follower' && role.term === term)) return
  role = { kind: 'follower', term }
  self.postMessage({ type: 'leader', term, own: false })
}

self.onmessage = ({ data }) => {
  if (role.kind === 'leader') {
    if (data.type === 'ask') role.leader.ask(me, data.id, data.ask)
    else role.leader.hearOfNetwork(data.there)
  } else if (role.kind === 'follower') {
    channel.postMessage({ ...data, term: role.term, tab: me } satisfies Between)
  }
}

channel.onmessage = ({ data }: MessageEvent<Between>) => {
  switch (data.type) {
    case 'who':
      if (role.kind !== 'leader') return
      channel.postMessage({ type: 'leader', term: role.term } satisfies Between)
      return role.leader.greet(data.tab)
    case 'ask':
      if (role.kind === 'leader' && role.term === data.term) role.leader.ask(data.tab, data.id, data.ask)
      return
    case 'network':
      if (role.kind === 'leader' && role.term === data.term) role.leader.hearOfNetwork(data.there)
      return
    case 'leader':
      return follow(data.term)
    case 'taken':
      if (data.tab === me) self.postMessage({ type: 'taken', id: data.id })
      return
    case 'outcome':
      if (data.tab === me) self.postMessage({ type: 'outcome', id: data.id, outcome: data.outcome })
      return
    case 'event':
      if (data.tab === undefined || data.tab === me) self.postMessage({ type: 'event', event: data.event })
  }
}

async function boot(): Promise<Device> {
  const { default: init, Device } = await import('#wasm')
  const [key] = await Promise.all([databaseKey(), init()])
  const patienceEnds = performance.now() + OPEN_PATIENCE_MS
  for (;;) {
    try {
      const seed = crypto.getRandomValues(new Uint8Array(32))
      const device = await Device.open(key.bytes, seed, Date.now(), key.fresh)
      key.bytes.fill(0)
      await key.use()
      if (key.hadAccount && !device.hasAccount()) {
        throw new CoreError('database_damaged', 'the local database has lost the account that was in it')
      }
      return device
    } catch (error) {
      const busy = error instanceof Error && error.name === 'home_busy'
      if (!busy || performance.now() > patienceEnds) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, OPEN_RETRY_MS))
  }
}

/** Ends when the worker does. */
async function lead(): Promise<never> {
  const leader = new Leader(await boot())
  const term = crypto.randomUUID()
  role = { kind: 'leader', term, leader }
  self.postMessage({ type: 'leader', term, own: true })
  channel.postMessage({ type: 'leader', term } satisfies Between)
  return new Promise<never>(() => {})
}

/** Waits for its turn. */
async function queue() {
  if (navigator.locks === undefined)
    throw new CoreError('unsupported_browser', 'this page is not in a secure context')
  channel.postMessage({ type: 'who', tab: me } satisfies Between)
  await navigator.locks.request(CORE, lead)
}

// The page sees its own violations only.
addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
  console.error('refused by the Content-Security-Policy:', violatedDirective, blockedURI)
})

queue().catch((error) => {
  console.error(error)
  const known = error instanceof CoreError
  fail(known ? JSON.stringify({ code: error.code, message: error.message }) : refusal(error))
})
