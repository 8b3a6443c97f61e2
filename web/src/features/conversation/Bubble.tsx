import { type CSSProperties, useCallback } from 'react'
import { useT } from '../../lib/i18n'
import { Avatar } from '../../ui/Avatar'
import { hueOf } from '../../ui/avatar'
import { cx } from '../../ui/cx'
import { AnnouncementLine } from './AnnouncementLine'
import { FailedLine } from './FailedLine'
import type { FeedRowProps } from './FeedRow'
import styles from './FeedRow.module.css'
import { MessageText } from './MessageText'
import { Meta } from './Meta'
import { Quote } from './Quote'
import { Tools } from './Tools'
import { useTouch } from './useTools'

/** One message. */
export function Bubble({ row, quoted, item, me, active, flashed, onActive, onShow }: FeedRowProps) {
  const t = useT()
  const { message, own, first, last } = row
  const direct = item.kind === 'direct'
  const named = first && !own && !direct
  const touch = useTouch(
    active,
    useCallback((shown) => onActive(shown ? message.message : null), [onActive, message.message]),
  )
  const hue = { '--hue': hueOf(message.sender.account) } as CSSProperties
  return (
    <div className={cx(styles.line, first && styles.first, own && styles.own, direct && styles.direct)}>
      {!own && !direct && (
        <span>{first && <Avatar id={message.sender.account} name={message.sender.name} size="small" />}</span>
      )}
      <div className={styles.column} data-tools={message.message}>
        {!named && <span className="visually-hidden">{own ? t('app.you') : message.sender.name}</span>}
        {/* A touch shows the tools; the keyboard has keys for them. */}
        <div
          className={cx(
            styles.bubble,
            !first && styles.joinedAbove,
            !last && styles.joinedBelow,
            flashed && styles.flash,
            message.announcement && item.kind !== 'announcements' && styles.announced,
          )}
          {...touch}
        >
          {named && (
            <span className={styles.sender} style={hue} dir="auto">
              {message.sender.name}
            </span>
          )}
          {message.announcement && <AnnouncementLine message={message} item={item} />}
          {message.reply_to && <Quote quoted={quoted} me={me} onShow={() => quoted && onShow(quoted)} />}
          <div className={styles.body} dir="auto">
            <MessageText message={message}>
              <span className={styles.ghost} aria-hidden>
                <Meta row={row} silent />
              </span>
            </MessageText>
            <Meta row={row} />
          </div>
        </div>
        {message.state === 'failed' && <FailedLine message={message} />}
        {active && <Tools message={message} item={item} onTouched={() => onActive(null)} />}
      </div>
    </div>
  )
}
