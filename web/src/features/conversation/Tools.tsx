import { Copy, Reply } from 'lucide-react'
import type { MouseEvent } from 'react'
import type { ConversationInfo, MessageInfo } from '../../core/api'
import { useSession } from '../../lib/data/context'
import { NO_DRAFT } from '../../lib/data/session'
import { useT } from '../../lib/i18n'
import { IconButton } from '../../ui/IconButton'
import { useCopy } from '../../ui/useCopy'
import styles from './FeedRow.module.css'
import { isAnswerable } from './rows'
import { isTouch } from './useTools'

interface ToolsProps {
  message: MessageInfo
  item: ConversationInfo
  /** One was used with a finger, which does not go away by itself as a pointer does. */
  onTouched: () => void
}

/** What can be done with the message under the pointer. One for the whole list. */
export function Tools({ message, item, onTouched }: ToolsProps) {
  const t = useT()
  const session = useSession()
  const copy = useCopy()
  const reply = () => {
    const draft = session.drafts.get().get(item.group) ?? NO_DRAFT
    session.setDraft(item.group, { ...draft, replyTo: message })
  }
  function used(event: MouseEvent, use: () => void) {
    use()
    if (isTouch(event)) onTouched()
  }
  return (
    <div className={styles.tools} role="toolbar" aria-label={t('chat.actions')}>
      {isAnswerable(item, message) && (
        <IconButton
          small
          label={t('chat.reply')}
          keys="R"
          icon={<Reply size={17} aria-hidden />}
          onClick={(event) => used(event, reply)}
        />
      )}
      {message.text !== null && (
        <IconButton
          small
          label={t('chat.copy')}
          keys="C"
          icon={<Copy size={16} aria-hidden />}
          onClick={(event) => used(event, () => copy(message.text ?? ''))}
        />
      )}
    </div>
  )
}
