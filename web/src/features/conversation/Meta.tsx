import { Check, CheckCheck, CircleAlert, Clock3 } from 'lucide-react'
import { useLanguage } from '../../lib/i18n'
import { clock, full } from '../../lib/time'
import styles from './FeedRow.module.css'
import type { Row } from './rows'

const ICONS = { sending: Clock3, sent: Check, delivered: CheckCheck, failed: CircleAlert } as const

function isOwnState(state: string): state is keyof typeof ICONS {
  return state in ICONS
}

/** When a message was written, and how far one's own has come. `silent` is the copy that only takes up room. */
export function Meta({ row, silent }: { row: Row; silent?: boolean }) {
  const { t, tag } = useLanguage()
  const { state, edited, at } = row.message
  const Icon = row.own && isOwnState(state) ? ICONS[state] : null
  const content = (
    <>
      {edited && <span>{t('chat.edited')}</span>}
      {silent ? <span>{clock(tag, row.at)}</span> : <time dateTime={at}>{clock(tag, row.at)}</time>}
      {Icon && <Icon size={14} aria-hidden className={state === 'failed' ? styles.failedIcon : undefined} />}
    </>
  )
  if (silent) return content
  return (
    <span className={styles.meta} title={full(tag, row.at)}>
      {content}
      {row.own && isOwnState(state) && <span className="visually-hidden">{t(`state.${state}`)}</span>}
    </span>
  )
}
