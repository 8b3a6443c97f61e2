import { useT } from '../lib/i18n'
import { SHORTCUTS } from '../lib/shortcuts'
import { Kbd } from './Kbd'
import styles from './ShortcutList.module.css'

/** Every shortcut and what it does. */
export function ShortcutList() {
  const t = useT()
  return (
    <dl className={styles.list}>
      {SHORTCUTS.map(({ key, keys }) => (
        <div key={key} className={styles.line}>
          <dt>{t(key)}</dt>
          <dd className={styles.keys}>
            {keys.map((combination) => (
              <Kbd key={combination} keys={combination} />
            ))}
          </dd>
        </div>
      ))}
    </dl>
  )
}
