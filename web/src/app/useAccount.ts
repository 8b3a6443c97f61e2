import { useCallback, useEffect, useState } from 'react'
import type { CoreClient } from '../core/client'
import type { Registered } from '../features/onboarding/register'
import { codeOf } from '../lib/data/errors'
import { Session } from '../lib/data/session'

export type Account =
  | { phase: 'starting' }
  | { phase: 'failed'; error: unknown }
  | { phase: 'none' }
  | { phase: 'open'; session: Session }

export interface AccountState {
  account: Account
  /** The account was made on this device, and its recovery key was not seen yet: something came between. */
  unseen: Registered | null
  /** It has been seen now. */
  saw: () => void
  /** An account has come to be: open it. */
  open: () => Promise<Session>
}

/** Is there an account on this device? Another tab may make one meanwhile. */
export function useAccount(core: CoreClient): AccountState {
  const [account, setAccount] = useState<Account>({ phase: 'starting' })
  const [unseen, setUnseen] = useState<Registered | null>(null)
  const saw = useCallback(() => setUnseen(null), [])

  const open = useCallback(async () => {
    const session = new Session(core, await core.request({ method: 'who_am_i' }))
    setAccount({ phase: 'open', session })
    return session
  }, [core])

  const look = useCallback(async () => {
    try {
      if (await core.hasAccount()) {
        const key = await core.request({ method: 'recovery_key_unseen' })
        if ('recovery_key' in key) setUnseen(key as Registered)
        await open()
      } else setAccount({ phase: 'none' })
    } catch (error) {
      setAccount(codeOf(error) === 'no_account' ? { phase: 'none' } : { phase: 'failed', error })
    }
  }, [core, open])

  useEffect(() => {
    void look()
    return core.subscribeState(() => {
      if (core.state === 'failed') setAccount({ phase: 'failed', error: core.failure })
    })
  }, [core, look])

  const nobody = account.phase === 'none'
  useEffect(() => {
    if (!nobody) return
    const again = () => document.visibilityState === 'visible' && void look()
    document.addEventListener('visibilitychange', again)
    return () => document.removeEventListener('visibilitychange', again)
  }, [nobody, look])

  const session = account.phase === 'open' ? account.session : null
  useEffect(() => session?.start(), [session])

  return { account, unseen, saw, open }
}
