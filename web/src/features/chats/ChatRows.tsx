import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, useRef } from 'react'
import { useMe, useSession } from '../../lib/data/context'
import type { Titled } from '../../lib/data/titles'
import { useStore } from '../../lib/store'
import styles from './ChatList.module.css'
import { ChatRow } from './ChatRow'

const ROW_REM = 4.25
const MOVES: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 }

interface ChatRowsProps {
  shown: Titled[]
  current: string | null
  /** The community whose list this is. */
  within?: string
}

/** The rows in sight. Arrow keys go from one to the next. */
export function ChatRows({ shown, current, within }: ChatRowsProps) {
  const session = useSession()
  const me = useMe()
  const alarms = useStore(session.alarms.list)
  const drafts = useStore(session.drafts)
  const typing = useStore(session.typing.view)
  const scroll = useRef<HTMLDivElement>(null)
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_REM * Number.parseFloat(getComputedStyle(document.documentElement).fontSize),
    getItemKey: (index) => shown[index]?.group ?? index,
    overscan: 6,
  })

  function move(event: KeyboardEvent, index: number) {
    const to = index + (MOVES[event.key] ?? 0)
    if (to === index || to < 0 || to >= shown.length) return
    event.preventDefault()
    rows.scrollToIndex(to)
    requestAnimationFrame(() => scroll.current?.querySelector<HTMLElement>(`[data-index="${to}"] a`)?.focus())
  }

  return (
    <div ref={scroll} className={styles.scroll}>
      <ul className={styles.rows} style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index, start, key }) => {
          const item = shown[index]
          return (
            item && (
              <li key={key} data-index={index} aria-setsize={shown.length} aria-posinset={index + 1}>
                <ChatRow
                  item={item}
                  within={within}
                  me={me.account}
                  current={item.group === current}
                  draft={drafts.get(item.group)}
                  alarmed={alarms.some((alarm) => alarm.conversation === item.group)}
                  typing={typing.get(item.group) ?? []}
                  top={start}
                  onKeyDown={(event) => move(event, index)}
                />
              </li>
            )
          )
        })}
      </ul>
    </div>
  )
}
