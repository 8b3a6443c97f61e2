import { useEffect, useRef, useState } from 'react'
import type { MessageInfo } from '../../core/api'
import { useT } from '../../lib/i18n'
import { lastSeq } from './rows'

const GATHER_MS = 800
const SPOKEN_CHARS_MAX = 200

/** Says new messages of others to a screen reader, several in one sentence, without reading the list again. */
export function ArrivalLog({ messages, me }: { messages: readonly MessageInfo[]; me: string }) {
  const t = useT()
  const [spoken, setSpoken] = useState('')
  const heard = useRef(lastSeq(messages))

  useEffect(() => {
    const timer = setTimeout(() => {
      const fresh = messages.filter(
        (message) => message.seq > heard.current && message.kind === 'text' && message.sender.account !== me,
      )
      heard.current = Math.max(heard.current, lastSeq(messages))
      const [first] = fresh
      if (!first) return
      const name = first.sender.name
      const text = (first.text ?? '').slice(0, SPOKEN_CHARS_MAX)
      setSpoken(
        fresh.length === 1
          ? t('chat.announce', { name, text })
          : t('chat.arrived', { count: fresh.length, name }),
      )
    }, GATHER_MS)
    return () => clearTimeout(timer)
  }, [messages, me, t])

  return (
    <p className="visually-hidden" role="log" aria-live="polite">
      {spoken}
    </p>
  )
}
