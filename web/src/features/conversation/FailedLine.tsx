import type { MessageInfo } from '../../core/api'
import { useSession } from '../../lib/data/context'
import { NO_DRAFT } from '../../lib/data/session'
import { useT } from '../../lib/i18n'
import styles from './FeedRow.module.css'

/** A message that the server would not take: its text can go back to where it was written. */
export function FailedLine({ message }: { message: MessageInfo }) {
  const t = useT()
  const session = useSession()
  const again = () => {
    const draft = session.drafts.get().get(message.conversation) ?? NO_DRAFT
    const text = [draft.text, message.text].filter(Boolean).join('\n')
    session.setDraft(message.conversation, { ...draft, text })
    document.getElementById('composer')?.focus()
  }
  return (
    <p className={styles.failed}>
      {t('state.failed')}
      <button type="button" className={styles.more} onClick={again}>
        {t('chat.again')}
      </button>
    </p>
  )
}
