import { BookKey, Copy, EyeOff, Printer } from 'lucide-react'
import { useState } from 'react'
import { useT } from '../../lib/i18n'
import { useLeaveWarning } from '../../lib/useLeaveWarning'
import { Button } from '../../ui/Button'
import { Checkbox } from '../../ui/Checkbox'
import { cx } from '../../ui/cx'
import { useCopy } from '../../ui/useCopy'
import styles from './Form.module.css'
import { Frame } from './Frame'
import type { Registered } from './register'

interface RecoveryKeyProps {
  registered: Registered
  /** What happens meanwhile, such as entering a group. */
  busy: boolean
  onKept: () => void
}

/** The recovery key, until the person has said that it is kept; after that never again. */
export function RecoveryKey({ registered, busy, onKept }: RecoveryKeyProps) {
  const t = useT()
  const copy = useCopy()
  const [kept, setKept] = useState(false)
  useLeaveWarning()
  return (
    <Frame>
      <div className={cx(styles.head, styles.noprint)}>
        <h1 className={styles.title}>{t('key.title')}</h1>
        <p className={styles.text}>{t('key.text')}</p>
      </div>
      <KeySheet registered={registered} />
      <div className={cx(styles.pair, styles.noprint)}>
        <Button
          icon={<Copy size={17} aria-hidden />}
          onClick={() => copy(registered.recovery_key, t('key.copied'))}
        >
          {t('app.copy')}
        </Button>
        <Button icon={<Printer size={17} aria-hidden />} onClick={() => print()}>
          {t('app.print')}
        </Button>
      </div>
      <Tips />
      <div className={cx(styles.stack, styles.noprint)}>
        <Checkbox label={t('key.confirm')} checked={kept} onChange={setKept} />
        <Button look="primary" size="large" wide disabled={!kept} busy={busy} onClick={onKept}>
          {t('app.continue')}
        </Button>
      </div>
    </Frame>
  )
}

function KeySheet({ registered }: { registered: Registered }) {
  const t = useT()
  const groups = registered.recovery_key.split('-')
  return (
    <section className={styles.sheet} aria-label={t('key.label')}>
      <p className={styles.sheetTitle}>{t('key.print.title')}</p>
      <p className={styles.meta}>
        {t('key.print.account', { handle: registered.handle, server: location.host })}
      </p>
      <p className={styles.key} translate="no">
        {groups.map((group, index) => (
          // The groups never change, and two may be equal.
          <span key={index}>{group}</span>
        ))}
      </p>
    </section>
  )
}

function Tips() {
  const t = useT()
  return (
    <ul className={cx(styles.tips, styles.noprint)}>
      <li>
        <Printer size={18} aria-hidden />
        {t('key.tip.paper')}
      </li>
      <li>
        <BookKey size={18} aria-hidden />
        {t('key.tip.manager')}
      </li>
      <li>
        <EyeOff size={18} aria-hidden />
        {t('key.tip.secret')}
      </li>
    </ul>
  )
}
