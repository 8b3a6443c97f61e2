import type { AnswerTo, CoreClient } from '../../core/client'

export type Registered = AnswerTo<Extract<Parameters<CoreClient['request']>[0], { method: 'register' }>>

export interface NewAccount {
  name: string
  handle: string
  /** Where the operator wants one. */
  code: string | null
}

/** Creates an account on the server that this page comes from. */
export function register(core: CoreClient, account: NewAccount): Promise<Registered> {
  const params = {
    server: location.origin,
    handle: account.handle,
    name: account.name.trim(),
    invite_code: account.code?.trim() || null,
  }
  return core.request({ method: 'register', params })
}
