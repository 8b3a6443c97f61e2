import { useEffect, useState } from 'react'
import { Join } from '../features/onboarding/Join'
import { type Joined, routeOf } from '../features/onboarding/joined'
import type { Session } from '../lib/data/session'
import { currentRoute, navigate, useRoute } from '../lib/router'
import { clearToast } from '../ui/Toast'
import { Dialogs, type Overlay } from './Dialogs'
import { Shell } from './Shell'
import { useInvitationLeft } from './useInvitationLeft'
import { useShortcuts } from './useShortcuts'
import { useTitle } from './useTitle'

/** With an account: the conversations, the settings, and what opens over them. */
export function Inside({ session }: { session: Session }) {
  const route = useRoute()
  const [overlay, setOverlay] = useState<Overlay | null>(null)
  useShortcuts(session, setOverlay)
  useTitle(session)
  useInvitationLeft()
  const screen = 'id' in route ? route.id : route.at
  useEffect(clearToast, [screen])

  // The addresses of the entrance lead nowhere from here.
  useEffect(() => {
    const { at } = currentRoute()
    if (at === 'sign-up' || at === 'recover') navigate({ at: 'chats' }, 'replace')
  }, [])

  const openConversation = (id: string, within?: string) => {
    setOverlay(null)
    navigate({ at: 'conversation', id, pane: 'none', ...(within && { within }) })
  }
  if (route.at === 'invited') {
    const onJoined = (joined: Joined) => navigate(routeOf(joined), 'replace')
    return <Join ticket={route.ticket} onRegistered={() => {}} onJoined={onJoined} />
  }
  return (
    <>
      <Shell
        route={route}
        onOverlay={setOverlay}
        onMessage={(handle) => {
          const { list } = session.conversations.get()
          const known = list.find((item) => item.kind === 'direct' && item.handle === handle)
          if (known) openConversation(known.group)
          else setOverlay({ kind: 'direct', to: handle })
        }}
      />
      <Dialogs overlay={overlay} onClose={() => setOverlay(null)} onConversation={openConversation} />
    </>
  )
}
