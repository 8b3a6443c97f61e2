import { MapPin, ShieldCheck } from 'lucide-react'
import { useCallback, useState } from 'react'
import { useT } from '../../lib/i18n'
import { Card } from '../../ui/Card'
import { KeyField } from '../../ui/KeyField'
import styles from './Settings.module.css'

/** What the recovery key is for, and whether the one that was kept can be read. */
export function Recovery() {
  const t = useT()
  const [typed, setTyped] = useState('')
  const change = useCallback((next: string) => setTyped(next), [])
  return (
    <>
      <p className={styles.text}>{t('recovery.text')}</p>
      <Card>
        <ul className={styles.tips}>
          <li>
            <MapPin size={18} aria-hidden />
            {t('recovery.tip.where')}
          </li>
          <li>
            <ShieldCheck size={18} aria-hidden />
            {t('recovery.tip.never')}
          </li>
        </ul>
      </Card>
      <Card>
        <div>
          <h2 className={styles.meName}>{t('recovery.test')}</h2>
          <p className={styles.text}>{t('recovery.test.text')}</p>
        </div>
        <KeyField value={typed} onChange={change} />
      </Card>
    </>
  )
}
