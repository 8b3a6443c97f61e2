import { useCommunities, useConversations } from '../lib/data/context'
import { useT } from '../lib/i18n'
import { SWITCHER_KEYS } from '../lib/shortcuts'
import { EmptyState } from '../ui/EmptyState'
import { Logo } from '../ui/Logo'
import styles from './Shell.module.css'

/** Beside the list while nothing of it is open. */
export function Pick({ communities }: { communities: boolean }) {
  const t = useT()
  return (
    <div className={styles.pick}>
      <h1 className="visually-hidden">{t('app.name')}</h1>
      {communities ? <PickCommunity /> : <PickConversation />}
    </div>
  )
}

function PickConversation() {
  const t = useT()
  const { loaded, list } = useConversations()
  if (!loaded) return null
  return list.length === 0 ? (
    <EmptyState picture={<Logo size={44} />} title={t('chats.begin.title')} text={t('chats.begin.text')} />
  ) : (
    <EmptyState
      picture={<Logo size={44} />}
      title={t('chats.pick.title')}
      text={t('chats.pick.text', { keys: SWITCHER_KEYS })}
    />
  )
}

/** Where there is none, the list beside says what to do. */
function PickCommunity() {
  const t = useT()
  if (useCommunities().length === 0) return null
  return (
    <EmptyState
      picture={<Logo size={44} />}
      title={t('communities.pick.title')}
      text={t('communities.pick.text')}
    />
  )
}
