import { Copy, Reply } from 'lucide-react'
import type { ConversationInfo, MessageInfo } from '../../core/api'
import { useSession } from '../../lib/data/context'
import { NO_DRAFT } from '../../lib/data/session'
import { useT } from '../../lib/i18n'
import { IconButton } from '../../ui/IconButton'
import { useCopy } from '../../ui/useCopy'
import styles from './FeedRow.module.css'
import { isAnswerable } from './rows'

/** What can be done with the message under the pointer. One for the whole list. */
export function Tools({ message, item }: { message: MessageInfo; item: ConversationInfo }) {
  const t = useT()
  const session = useSession()
  const copy = useCopy()
  const reply = () => {
    const draft = session.drafts.get().get(item.group) ?? NO_DRAFT
    session.setDraft(item.group, { ...draft, replyTo: message })
  }
  return (
    <div className={styles.tools} role="toolbar" aria-label={t('chat.actions')}>
      {isAnswerable(item, message) && (
        <IconButton
          small
          label={t('chat.reply')}
          keys="R"
          icon={<Reply size={17} aria-hidden />}
          onClick={reply}
        />
      )}
      {message.text !== null && (
        <IconButton
          small
          label={t('chat.copy')}
          keys="C"
          icon={<Copy size={16} aria-hidden />}
          onClick={() => copy(message.text ?? '')}
        />
      )}
    </div>
  )
}
