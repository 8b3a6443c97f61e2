import { useEffect, useRef, useState } from 'react'
import type { ConversationInfo, MessageInfo } from '../../core/api'
import { useSession } from '../../lib/data/context'
import { lastSeq } from './rows'

function useVisible(): boolean {
  const [visible, setVisible] = useState(document.visibilityState === 'visible')
  useEffect(() => {
    const change = () => setVisible(document.visibilityState === 'visible')
    document.addEventListener('visibilitychange', change)
    return () => document.removeEventListener('visibilitychange', change)
  }, [])
  return visible
}

/** What is in front of the person, at the end of the list, is read. A request is not read before it is accepted. */
export function useMarkRead(item: ConversationInfo, messages: readonly MessageInfo[], atEnd: boolean): void {
  const session = useSession()
  const visible = useVisible()
  const seq = lastSeq(messages)
  const { group, state, unread } = item
  // The count of what is unread comes a moment after the message.
  const marked = useRef(0)
  useEffect(() => {
    const fresh = unread > 0 || seq > marked.current
    if (!visible || !atEnd || !fresh || state === 'request') return
    marked.current = seq
    session.core.request({ method: 'mark_read', params: { target: group, seq } }).catch(() => {})
  }, [session, visible, atEnd, unread, state, group, seq])
}
