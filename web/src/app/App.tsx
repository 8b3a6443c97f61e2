import { CSPProvider } from '@base-ui/react/csp-provider'
import { useState } from 'react'
import type { CoreClient } from '../core/client'
import { join, routeOf } from '../features/onboarding/joined'
import { RecoveryKey } from '../features/onboarding/RecoveryKey'
import type { Registered } from '../features/onboarding/register'
import { CoreProvider, SessionProvider } from '../lib/data/context'
import type { Session } from '../lib/data/session'
import { useT } from '../lib/i18n'
import { pendingTicket } from '../lib/inviteLink'
import { navigate } from '../lib/router'
import { Toaster } from '../ui/Toast'
import { TooltipProvider } from '../ui/Tooltip'
import { Failed, Starting } from './Boot'
import { Entrance } from './Entrance'
import { Inside } from './Inside'
import { useAccount } from './useAccount'

/** The page. */
export function App({ core }: { core: CoreClient }) {
  const t = useT()
  return (
    <CSPProvider disableStyleElements>
      <CoreProvider core={core}>
        <TooltipProvider delay={500} closeDelay={0}>
          <Toaster label={t('app.notifications')} closeLabel={t('app.close')}>
            <Phases core={core} />
          </Toaster>
        </TooltipProvider>
      </CoreProvider>
    </CSPProvider>
  )
}

interface NewKey {
  registered: Registered
  entering: boolean
}

function Phases({ core }: { core: CoreClient }) {
  const { account, unseen, saw, open } = useAccount(core)
  const [newKey, setNewKey] = useState<NewKey | null>(null)

  async function onRegistered(registered: Registered, link?: string) {
    setNewKey({ registered, entering: link !== undefined })
    const session = await open()
    if (link !== undefined) await enter(session, link)
    else navigate({ at: 'chats' }, 'replace')
    setNewKey((key) => key && { ...key, entering: false })
  }

  async function onRecovered() {
    await open()
    const ticket = pendingTicket()
    navigate(ticket ? { at: 'invited', ticket } : { at: 'chats' }, 'replace')
  }

  function onKept() {
    // If this fails the key is shown once more at the next start.
    core.request({ method: 'recovery_key_kept' }).catch(() => {})
    setNewKey(null)
    saw()
  }

  const registered = newKey?.registered ?? unseen
  if (registered) {
    return <RecoveryKey registered={registered} busy={newKey?.entering ?? false} onKept={onKept} />
  }
  if (account.phase === 'starting') return <Starting />
  if (account.phase === 'failed') return <Failed error={account.error} />
  if (account.phase === 'none') return <Entrance onRegistered={onRegistered} onRecovered={onRecovered} />
  return (
    <SessionProvider session={account.session}>
      <Inside session={account.session} />
    </SessionProvider>
  )
}

/** Goes on to the group or community; if that fails the page of the invitation says why and lets one try again. */
async function enter(session: Session, link: string): Promise<void> {
  try {
    navigate(routeOf(await join(session, link)), 'replace')
  } catch {
    // Still at the invitation's address.
  }
}
