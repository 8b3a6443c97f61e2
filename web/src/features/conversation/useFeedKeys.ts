import { type KeyboardEvent, type RefObject, useCallback, useEffect, useRef } from 'react'
import type { ConversationInfo } from '../../core/api'
import { useSession } from '../../lib/data/context'
import { NO_DRAFT } from '../../lib/data/session'
import { useCopy } from '../../ui/useCopy'
import { isAnswerable, type Row } from './rows'
import type { FeedScroll } from './useFeed'

interface FeedKeysInput {
  scroll: RefObject<HTMLDivElement | null>
  rows: readonly Row[]
  item: ConversationInfo
  feed: FeedScroll
  /** The message with the focus. */
  focused: string | null
  setFocused: (message: string) => void
}

interface FeedKeys {
  /** The message that Tab goes to. */
  tabStop: string | null
  onKeyDown: (event: KeyboardEvent) => void
}

function target(key: string, at: number, last: number): number | null {
  if (key === 'ArrowUp') return Math.max(0, at - 1)
  if (key === 'ArrowDown') return Math.min(last, at + 1)
  if (key === 'Home') return 0
  if (key === 'End') return last
  return null
}

/** Arrow keys go between messages; R answers and C copies the one in focus. */
export function useFeedKeys(input: FeedKeysInput): FeedKeys {
  const { scroll, rows, item, feed, focused, setFocused } = input
  const session = useSession()
  const copy = useCopy()
  const wanted = useRef<string | null>(null)
  const known = rows.some((row) => row.message.message === focused)
  // One that is in sight: what is not drawn cannot be gone to.
  const inSight = rows[feed.virtual.range?.endIndex ?? rows.length - 1] ?? rows.at(-1)
  const tabStop = (known ? focused : inSight?.message.message) ?? null

  // As soon as the row is there.
  useEffect(() => {
    if (wanted.current === null) return
    const row = scroll.current?.querySelector<HTMLElement>(`[data-message="${CSS.escape(wanted.current)}"]`)
    if (!row) return
    wanted.current = null
    row.focus({ preventScroll: true })
  })

  const onKeyDown = useCallback(
    (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return
      const article = (event.target as HTMLElement).closest('article')
      if (event.target !== article || !article) return
      const at = Number(article.dataset.index)
      const row = rows[at]
      const to = target(event.key, at, rows.length - 1)
      if (to !== null) {
        event.preventDefault()
        const next = rows[to]?.message.message
        if (next === undefined) return
        wanted.current = next
        setFocused(next)
        feed.toRow(to, 'auto')
      } else if (event.key === 'r' && row && isAnswerable(item, row.message)) {
        event.preventDefault()
        const draft = session.drafts.get().get(item.group) ?? NO_DRAFT
        session.setDraft(item.group, { ...draft, replyTo: row.message })
      } else if (event.key === 'c' && row?.message.text) {
        copy(row.message.text)
      }
    },
    [session, rows, item, feed.toRow, setFocused, copy],
  )
  return { tabStop, onKeyDown }
}
