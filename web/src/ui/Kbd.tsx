import { useT } from '../lib/i18n'
import { keyName } from '../lib/shortcuts'
import styles from './Kbd.module.css'

/** Keys to press together, such as `Ctrl+K`. */
export function Kbd({ keys }: { keys: string }) {
  const t = useT()
  return (
    <span className={styles.keys}>
      {keys.split('+').map((key) => (
        <kbd key={key} className={styles.key}>
          {keyName(t, key)}
        </kbd>
      ))}
    </span>
  )
}
