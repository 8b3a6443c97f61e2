import { createContext, type ReactNode, use } from 'react'
import type { ConversationInfo } from '../../core/api'
import type { CoreClient } from '../../core/client'
import { useStore } from '../store'
import type { Me, Session } from './session'

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

export function useConversation(id: string): ConversationInfo | undefined {
  return useStore(useSession().conversations).list.find((item) => item.group === id)
}
