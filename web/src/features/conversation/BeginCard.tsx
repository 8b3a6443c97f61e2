import { Lock } from 'lucide-react'
import type { ConversationInfo } from '../../core/api'
import { useT } from '../../lib/i18n'
import { Avatar } from '../../ui/Avatar'
import styles from './FeedRow.module.css'

/** What stands above the very first message. */
export function BeginCard({ item }: { item: ConversationInfo }) {
  const t = useT()
  return (
    <div className={styles.begin}>
      <Avatar
        id={item.group}
        name={item.name}
        kind={item.kind === 'direct' ? 'person' : 'group'}
        size="large"
      />
      <p className={styles.beginName} dir="auto">
        {item.name}
      </p>
      {item.description && (
        <p className={styles.beginText} dir="auto">
          {item.description}
        </p>
      )}
      <p className={styles.sealed}>
        <Lock size={14} aria-hidden />
        {item.quantum_safe ? t('chat.sealed.quantum') : t('chat.sealed')}
      </p>
    </div>
  )
}
