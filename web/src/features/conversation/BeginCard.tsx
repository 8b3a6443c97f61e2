import { Lock } from 'lucide-react'
import type { Titled } from '../../lib/data/titles'
import { type Translate, useT } from '../../lib/i18n'
import { ConversationAvatar } from '../../ui/ConversationAvatar'
import styles from './FeedRow.module.css'

function readers(t: Translate, item: Titled): string {
  if (item.kind === 'announcements') return t('announcements.sealed')
  return item.quantum_safe ? t('chat.sealed.quantum') : t('chat.sealed')
}

function about(t: Translate, item: Titled): string {
  if (item.kind === 'announcements') return t('announcements.begin', { name: item.communityName ?? '' })
  return item.kind === 'admin_room' ? t('adminroom.text') : item.description
}

/** Where there was something before one came: that it is not shown. */
export function earlierWords(t: Translate, item: Titled): string | null {
  if (!item.began_earlier) return null
  return t(item.kind === 'announcements' ? 'announcements.earlier' : 'chat.earlier')
}

/** What stands above the first message that one can read. */
export function BeginCard({ item }: { item: Titled }) {
  const t = useT()
  const text = about(t, item)
  const earlier = earlierWords(t, item)
  return (
    <div className={styles.begin}>
      <ConversationAvatar item={item} size="large" />
      <p className={styles.beginName} dir="auto">
        {item.name}
      </p>
      {text && (
        <p className={styles.beginText} dir="auto">
          {text}
        </p>
      )}
      <p className={styles.sealed}>
        <Lock size={14} aria-hidden />
        {readers(t, item)}
      </p>
      {earlier !== null && <p className={styles.earlier}>{earlier}</p>}
    </div>
  )
}
