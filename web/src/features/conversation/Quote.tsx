import type { CSSProperties } from 'react'
import type { MessageInfo } from '../../core/api'
import { useT } from '../../lib/i18n'
import { hueOf } from '../../ui/avatar'
import styles from './FeedRow.module.css'

interface QuoteProps {
  /** Null where the quoted message is not known. */
  quoted: MessageInfo | null
  me: string
  onShow: () => void
}

/** What a message answers. Goes there. */
export function Quote({ quoted, me, onShow }: QuoteProps) {
  const t = useT()
  if (!quoted) {
    return (
      <span className={styles.quote}>
        <span className={styles.quoteText}>{t('chat.quote.gone')}</span>
      </span>
    )
  }
  const { sender } = quoted
  return (
    <button
      type="button"
      className={styles.quote}
      style={{ '--hue': hueOf(sender.account) } as CSSProperties}
      onClick={onShow}
    >
      <span className={styles.quoteName} dir="auto">
        {sender.account === me ? t('app.you') : sender.name}
      </span>
      <span className={styles.quoteText} dir="auto">
        {quoted.text ?? t('chat.deleted')}
      </span>
    </button>
  )
}
