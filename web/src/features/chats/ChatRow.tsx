import { CircleAlert, Megaphone, ShieldAlert, TriangleAlert } from 'lucide-react'
import type { CSSProperties, KeyboardEvent } from 'react'
import type { ConversationInfo, Person } from '../../core/api'
import { lastLine } from '../../lib/data/lastLine'
import type { Draft } from '../../lib/data/session'
import type { Titled } from '../../lib/data/titles'
import { typingLine } from '../../lib/data/typingLine'
import { useLanguage } from '../../lib/i18n'
import type { Route } from '../../lib/router'
import { full, listTime } from '../../lib/time'
import { Badge, UnreadBadge } from '../../ui/Badge'
import { ConversationAvatar } from '../../ui/ConversationAvatar'
import { cx } from '../../ui/cx'
import { RouteLink } from '../../ui/RouteLink'
import styles from './ChatRow.module.css'

interface ChatRowProps {
  item: Titled
  /** The community whose list it stands in. */
  within: string | undefined
  me: string
  current: boolean
  draft: Draft | undefined
  /** There is something that one must know. */
  alarmed: boolean
  typing: readonly Person[]
  top: number
  onKeyDown: (event: KeyboardEvent) => void
}

/** A conversation in the list. */
export function ChatRow({ item, within, me, current, draft, alarmed, typing, top, onKeyDown }: ChatRowProps) {
  const { t, tag } = useLanguage()
  const route: Route = { at: 'conversation', id: item.group, pane: 'none', ...(within && { within }) }
  const at = item.last && new Date(item.last.at)
  const drafted = !current && draft?.text.trim() !== '' && draft !== undefined

  return (
    <RouteLink
      className={cx(styles.row, item.unread > 0 && styles.unread)}
      to={route}
      aria-current={current ? 'page' : undefined}
      style={{ transform: `translateY(${top}px)` } as CSSProperties}
      onKeyDown={onKeyDown}
    >
      <ConversationAvatar item={item} />
      <span className={styles.words}>
        <span className={styles.line}>
          <span className={styles.title}>
            <span className={styles.name} dir="auto">
              {item.name}
            </span>
            {item.communityName && !within && (
              <span className={styles.tag} dir="auto">
                {item.communityName}
              </span>
            )}
          </span>
          {at && (
            <time className={styles.time} dateTime={item.last?.at} title={full(tag, at)}>
              {listTime(tag, at, new Date())}
            </time>
          )}
        </span>
        <span className={styles.line}>
          {typing.length > 0 ? (
            <span className={cx(styles.last, styles.typing)}>{typingLine(t, typing)}</span>
          ) : (
            <span className={cx(styles.last, drafted && styles.draft)} dir="auto">
              {item.last?.announcement && item.kind !== 'announcements' && !drafted && (
                <Megaphone size={14} className={styles.horn} aria-label={t('announcement.label')} />
              )}
              {lastLine(t, item, me, drafted ? draft : undefined)}
            </span>
          )}
          {alarmed && !item.alarm && (
            <Badge look="plain" label={t('chats.attention')}>
              <TriangleAlert size={14} className={styles.attention} aria-hidden />
            </Badge>
          )}
          <Marks item={item} />
        </span>
      </span>
    </RouteLink>
  )
}

function Marks({ item }: { item: ConversationInfo }) {
  const { t } = useLanguage()
  if (item.alarm) {
    return (
      <Badge look="plain" label={t('chats.alarm')}>
        <ShieldAlert size={14} aria-hidden />
      </Badge>
    )
  }
  if (item.state === 'request') return <Badge look="soft">{t('chats.request')}</Badge>
  if (item.state === 'left') return <Badge>{t('chats.left')}</Badge>
  if (item.last?.state === 'failed') {
    return (
      <Badge look="plain" label={t('state.failed')}>
        <CircleAlert size={14} className={styles.failed} aria-hidden />
      </Badge>
    )
  }
  return <UnreadBadge count={item.unread} />
}
