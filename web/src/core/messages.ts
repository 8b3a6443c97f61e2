// What passes between a tab, its worker, and the worker that has the core. Requests, answers, refusals and events
// travel as the JSON that the core reads and writes.

/** What a tab asks of the core. */
export type Ask = { kind: 'request'; request: string; patienceMs: number } | { kind: 'has_account' }

/** How it ended. */
export type Outcome = { ok: true; answer: string } | { ok: false; error: string }

/** A tab to its worker. */
export type FromTab =
  | { type: 'ask'; id: number; ask: Ask }
  /** The browser says that there is a network again, or none any more. */
  | { type: 'network'; there: boolean }

/** A worker to its tab. */
export type ToTab =
  /** From now on this term answers; what an earlier one was asked, nobody will. */
  | { type: 'leader'; term: string; own: boolean }
  /** The present term has it: it will be done even if nobody waits for the answer. */
  | { type: 'taken'; id: number }
  | { type: 'outcome'; id: number; outcome: Outcome }
  | { type: 'event'; event: string }
  /** This tab cannot use the core. */
  | { type: 'failed'; error: string }

/** Between workers of one browser. `tab` names the worker of the tab that asks. */
export type Between =
  | { type: 'who'; tab: string }
  | { type: 'leader'; term: string }
  | { type: 'ask'; term: string; tab: string; id: number; ask: Ask }
  | { type: 'network'; term: string; tab: string; there: boolean }
  | { type: 'taken'; tab: string; id: number }
  | { type: 'outcome'; tab: string; id: number; outcome: Outcome }
  /** To one tab, or to all. */
  | { type: 'event'; tab?: string; event: string }

/** The name of the channel between workers, and of the lock that makes one of them the leader. */
export const CORE = 'asterism-core'
