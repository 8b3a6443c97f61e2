import { useCallback, useRef } from 'react'
import { useSession } from '../../lib/data/context'

/** Others show it for six seconds. */
const AGAIN_MS = 4_000

/** Tells the others that one is typing, not at every key. Whether it arrives does not matter. */
export function useTypingSignal(conversation: string): () => void {
  const session = useSession()
  const last = useRef(0)
  return useCallback(() => {
    const now = Date.now()
    if (now - last.current < AGAIN_MS || session.connection.get() !== 'online') return
    last.current = now
    session.core.request({ method: 'typing', params: { target: conversation } }).catch(() => {})
  }, [session, conversation])
}
