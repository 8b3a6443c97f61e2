import { createContext, type ReactNode, use, useMemo } from 'react'
import type { CommunityInfo } from '../../core/api'
import type { CoreClient } from '../../core/client'
import { useT } from '../i18n'
import { useStore } from '../store'
import type { Alarm } from './alarms'
import type { Me, Session } from './session'
import { type Titled, titled } from './titles'

const CoreContext = createContext<CoreClient | null>(null)
const SessionContext = createContext<Session | null>(null)

export function CoreProvider({ core, children }: { core: CoreClient; children: ReactNode }) {
  return <CoreContext value={core}>{children}</CoreContext>
}

export function SessionProvider({ session, children }: { session: Session; children: ReactNode }) {
  return <SessionContext value={session}>{children}</SessionContext>
}

/** The core, also before there is an account. */
export function useCore(): CoreClient {
  const core = use(CoreContext)
  if (!core) throw new Error('no CoreProvider')
  return core
}

/** The account's session. */
export function useSession(): Session {
  const session = use(SessionContext)
  if (!session) throw new Error('no SessionProvider')
  return session
}

/** The account's session, where there may be none. */
export function useSessionIfAny(): Session | null {
  return use(SessionContext)
}

export function useMe(): Me {
  return useStore(useSession().me)
}

export function useCommunities(): readonly CommunityInfo[] {
  return useStore(useSession().communities).list
}

export function useCommunity(id: string): CommunityInfo | undefined {
  return useCommunities().find((community) => community.community === id)
}

/** What one must know of a conversation; of everything when it is null. */
export function useAlarms(conversation: string | null): readonly Alarm[] {
  const all = useStore(useSession().alarms.list)
  return useMemo(() => all.filter((alarm) => alarm.conversation === conversation), [all, conversation])
}

/** All conversations, latest first, as they are called on the screen. */
export function useConversations(): { loaded: boolean; list: readonly Titled[] } {
  const t = useT()
  const { loaded, list } = useStore(useSession().conversations)
  const communities = useCommunities()
  return useMemo(
    () => ({ loaded, list: list.map((item) => titled(t, item, communities)) }),
    [t, loaded, list, communities],
  )
}

export function useConversation(id: string): Titled | undefined {
  const t = useT()
  const item = useStore(useSession().conversations).list.find((other) => other.group === id)
  const communities = useCommunities()
  return useMemo(() => item && titled(t, item, communities), [t, item, communities])
}
