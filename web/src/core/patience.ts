// How long each request may take, in one place: what a person waits for depends on what is asked, not on where.

import type { Request } from './api'
import type { CoreClient } from './client'

/** One change of a group, a community or the account, which others may be making at the same time: it is repeated. */
const CHANGE_MS = 60_000
/** Keys are renewed first, perhaps for thousands of people, or several groups are changed. */
const MANY_MS = 120_000

/** What may take longer than the client's default. */
const PATIENCE_MS: Partial<Record<Request['method'], number>> = {
  register: CHANGE_MS,
  recover: CHANGE_MS,
  join: CHANGE_MS,
  group_create: CHANGE_MS,
  group_join: CHANGE_MS,
  group_set: CHANGE_MS,
  group_add: CHANGE_MS,
  group_promote: CHANGE_MS,
  group_remove: CHANGE_MS,
  invite_create: CHANGE_MS,
  invite_revoke: MANY_MS,
  community_create: CHANGE_MS,
  community_set: CHANGE_MS,
  community_promote: MANY_MS,
  community_remove: MANY_MS,
  announce: MANY_MS,
}

/** The same core, which gives each request the time that it may take unless told otherwise. */
export function patient(core: CoreClient): CoreClient {
  return {
    request: (request, options) => {
      const patienceMs = PATIENCE_MS[request.method]
      return core.request(request, { ...(patienceMs && { patienceMs }), ...options })
    },
    subscribe: (listener) => core.subscribe(listener),
    subscribeState: (listener) => core.subscribeState(listener),
    hasAccount: () => core.hasAccount(),
    wake: () => core.wake(),
    get state() {
      return core.state
    },
    get failure() {
      return core.failure
    },
  }
}
