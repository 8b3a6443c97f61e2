import { ArrowDown } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { MessageInfo } from '../../core/api'
import { useMe } from '../../lib/data/context'
import type { Timeline, TimelineView } from '../../lib/data/timeline'
import type { Titled } from '../../lib/data/titles'
import { useT } from '../../lib/i18n'
import { useStore } from '../../lib/store'
import { cx } from '../../ui/cx'
import { Spinner } from '../../ui/Spinner'
import { FeedRow } from './FeedRow'
import styles from './Messages.module.css'
import type { Row } from './rows'
import { useFeed } from './useFeed'
import { useFeedKeys } from './useFeedKeys'
import { useMarkRead } from './useMarkRead'
import { useTools } from './useTools'

interface FeedProps {
  item: Titled
  rows: readonly Row[]
  messages: readonly MessageInfo[]
  older: TimelineView['older']
  timeline: Timeline
}

const FLASH_MS = 1_600

/** The message that one answers; null while it is not known, or where it is not on this device. */
function useQuoted(
  messages: readonly MessageInfo[],
  timeline: Timeline,
): (message: MessageInfo) => MessageInfo | null {
  const byId = useMemo(() => new Map(messages.map((message) => [message.message, message])), [messages])
  const elsewhere = useStore(timeline.quoted)
  useEffect(() => {
    for (const { reply_to: quoted } of messages) {
      if (quoted !== null && !byId.has(quoted)) void timeline.lookUp(quoted)
    }
  }, [messages, byId, timeline])
  return ({ reply_to: quoted }) =>
    quoted === null ? null : (byId.get(quoted) ?? elsewhere.get(quoted) ?? null)
}

/** The messages in sight, anchored at the newest. */
export function Feed({ item, rows, messages, older, timeline }: FeedProps) {
  const t = useT()
  const me = useMe().account
  const scroll = useRef<HTMLDivElement>(null)
  const [active, setActive] = useTools()
  const [flashed, setFlashed] = useState<string | null>(null)
  const [focused, setFocused] = useState<string | null>(null)
  const feed = useFeed(scroll, rows, timeline, older, focused)
  const quotedOf = useQuoted(messages, timeline)
  const keys = useFeedKeys({ scroll, rows, item, feed, focused, setFocused })
  useMarkRead(item, messages, feed.atEnd)

  // As soon as the message is there.
  const [wanted, setWanted] = useState<string | null>(null)
  useEffect(() => {
    const index = wanted === null ? -1 : rows.findIndex((row) => row.message.message === wanted)
    if (index < 0) return
    feed.toRow(index, 'center')
    setWanted(null)
    setFlashed(wanted)
  }, [wanted, rows, feed.toRow])
  useEffect(() => {
    const timer = setTimeout(() => setFlashed(null), FLASH_MS)
    return () => clearTimeout(timer)
  }, [flashed])
  const show = useCallback(
    (message: MessageInfo) => {
      setWanted(message.message)
      void timeline.loadBackTo(message.seq)
    },
    [timeline],
  )

  return (
    <>
      <div ref={scroll} className={styles.scroll} onScroll={feed.onScroll} onWheel={feed.onWheel}>
        <div className={styles.fill}>
          <div
            role="feed"
            className={styles.feed}
            style={{ height: feed.virtual.getTotalSize() }}
            aria-label={t('chat.messages', { name: item.name })}
            aria-busy={older === 'loading'}
            onKeyDown={keys.onKeyDown}
            onPointerLeave={(event) => event.pointerType === 'mouse' && setActive(null)}
          >
            {feed.virtual.getVirtualItems().map(({ index, key, start }) => {
              const row = rows[index]
              if (!row) return null
              const id = row.message.message
              return (
                <FeedRow
                  key={key}
                  ref={feed.virtual.measureElement}
                  row={row}
                  quoted={quotedOf(row.message)}
                  item={item}
                  me={me}
                  index={index}
                  setSize={older === 'none' ? rows.length : -1}
                  start={start}
                  tabStop={keys.tabStop === id}
                  active={active === id}
                  flashed={flashed === id}
                  onActive={setActive}
                  onFocus={setFocused}
                  onShow={show}
                />
              )
            })}
          </div>
        </div>
      </div>
      {older === 'loading' && (
        <div className={styles.older}>
          <span className={styles.olderText}>
            <Spinner />
            {t('chat.older')}
          </span>
        </div>
      )}
      {!feed.atEnd && <Latest unread={item.unread} onClick={feed.toEnd} />}
    </>
  )
}

function Latest({ unread, onClick }: { unread: number; onClick: () => void }) {
  const t = useT()
  return (
    <button
      type="button"
      className={cx(styles.latest, unread > 0 && styles.latestNew)}
      aria-label={unread > 0 ? undefined : t('chat.latest')}
      onClick={onClick}
    >
      <ArrowDown size={18} aria-hidden />
      {unread > 0 && t('chat.latest.count', { count: unread })}
    </button>
  )
}
