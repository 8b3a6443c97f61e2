import { useT } from '../lib/i18n'
import { SWITCHER_KEYS } from '../lib/shortcuts'
import { EmptyState } from '../ui/EmptyState'
import { Logo } from '../ui/Logo'
import styles from './Shell.module.css'

/** Beside the list while no conversation is open. */
export function Pick() {
  const t = useT()
  return (
    <div className={styles.pick}>
      <h1 className="visually-hidden">{t('app.name')}</h1>
      <EmptyState
        picture={<Logo size={44} />}
        title={t('chats.pick.title')}
        text={t('chats.pick.text', { keys: SWITCHER_KEYS })}
      />
    </div>
  )
}
