import { ArrowLeft, PanelRight } from 'lucide-react'
import type { ConversationInfo } from '../../core/api'
import { type Translate, useT } from '../../lib/i18n'
import { goBack, navigate } from '../../lib/router'
import { Avatar } from '../../ui/Avatar'
import { IconButton } from '../../ui/IconButton'
import styles from './Conversation.module.css'

function subline(t: Translate, item: ConversationInfo): string {
  if (item.kind === 'direct') return item.handle ? `@${item.handle}` : ''
  return item.members > 0 ? t('chat.members', { count: item.members }) : ''
}

/** Whom one is talking to. */
export function Header({ item, detailsOpen }: { item: ConversationInfo; detailsOpen: boolean }) {
  const t = useT()
  const toggle = () => {
    if (detailsOpen) goBack()
    else navigate({ at: 'conversation', id: item.group, pane: 'details' })
  }
  return (
    <header className={styles.header}>
      <IconButton
        className={styles.back}
        label={t('app.back')}
        icon={<ArrowLeft size={20} aria-hidden />}
        onClick={goBack}
      />
      <div className={styles.who}>
        <Avatar id={item.group} name={item.name} kind={item.kind === 'direct' ? 'person' : 'group'} />
        <div className={styles.words}>
          <h1 className={styles.name} dir="auto">
            {item.name}
          </h1>
          <p className={styles.sub}>{subline(t, item)}</p>
        </div>
      </div>
      <IconButton
        label={t('chat.details')}
        icon={<PanelRight size={20} aria-hidden />}
        aria-pressed={detailsOpen}
        onClick={toggle}
      />
    </header>
  )
}
