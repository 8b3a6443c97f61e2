import { type CSSProperties, memo, type Ref } from 'react'
import type { MessageInfo } from '../../core/api'
import type { Titled } from '../../lib/data/titles'
import { useLanguage } from '../../lib/i18n'
import { clock, dayName, full } from '../../lib/time'
import { BeginCard } from './BeginCard'
import { Bubble } from './Bubble'
import { eventLine } from './eventLine'
import styles from './FeedRow.module.css'
import feed from './Messages.module.css'
import type { Row } from './rows'

export interface FeedRowProps {
  ref: Ref<HTMLElement>
  row: Row
  /** The message that this one answers, where it is known. */
  quoted: MessageInfo | null
  item: Titled
  me: string
  index: number
  setSize: number
  start: number
  tabStop: boolean
  active: boolean
  flashed: boolean
  onActive: (message: string | null) => void
  onFocus: (message: string) => void
  onShow: (message: MessageInfo) => void
}

/** A message or event, with the day and the divider that stand above it. */
export const FeedRow = memo(function FeedRow(props: FeedRowProps) {
  const { ref, row, item, index, setSize, start, tabStop, onActive, onFocus } = props
  const id = row.message.message
  return (
    <article
      ref={ref}
      data-index={index}
      data-message={id}
      className={feed.row}
      style={{ transform: `translateY(${start}px)` } as CSSProperties}
      aria-posinset={index + 1}
      aria-setsize={setSize}
      tabIndex={tabStop ? 0 : -1}
      onFocus={() => onFocus(id)}
      onPointerEnter={(event) => event.pointerType === 'mouse' && onActive(id)}
    >
      <div className={feed.rowInner}>
        {row.begin && <BeginCard item={item} />}
        {row.day && <Day at={row.at} />}
        {row.unread && <UnreadLine />}
        {row.kind === 'bubble' ? <Bubble {...props} /> : <EventText {...props} />}
      </div>
    </article>
  )
})

function Day({ at }: { at: Date }) {
  const { tag } = useLanguage()
  return (
    <div className={styles.day}>
      <span className={styles.dayName}>{dayName(tag, at, new Date())}</span>
    </div>
  )
}

function UnreadLine() {
  const { t } = useLanguage()
  return <div className={styles.unread}>{t('chat.unread')}</div>
}

function EventText({ row, me }: FeedRowProps) {
  const { t, tag } = useLanguage()
  return (
    <p className={styles.event} title={full(tag, row.at)}>
      {eventLine(t, tag, row.message, me)}
      <time dateTime={row.message.at}>{clock(tag, row.at)}</time>
    </p>
  )
}
