import { KeyRound, Lock, Sprout } from 'lucide-react'
import type { ReactNode } from 'react'
import { LOCALES, setLocale, useLanguage } from '../../lib/i18n'
import { cx } from '../../ui/cx'
import { Logo } from '../../ui/Logo'
import { Segmented } from '../../ui/Segmented'
import styles from './Frame.module.css'
import { Sky } from './Sky'

/** What stands around every screen before one is in: the sky beside it, the language below. */
export function Frame({ tall, children }: { tall?: boolean; children: ReactNode }) {
  const { locale, t } = useLanguage()
  return (
    <div className={styles.frame}>
      <div className={styles.columns}>
        <header className={cx(styles.art, tall && styles.tall)}>
          <Sky />
          <span className={styles.brand}>
            <Logo size={30} />
            {t('app.name')}
          </span>
          <ul className={styles.points}>
            <li>
              <Lock size={18} aria-hidden />
              {t('welcome.point.private')}
            </li>
            <li>
              <KeyRound size={18} aria-hidden />
              {t('welcome.point.free')}
            </li>
            <li>
              <Sprout size={18} aria-hidden />
              {t('welcome.point.yours')}
            </li>
          </ul>
        </header>
        <main className={styles.main}>
          <div className={styles.form}>
            {children}
            <footer className={styles.foot}>
              <span>{t('welcome.server', { server: location.host })}</span>
              <Segmented
                label={t('welcome.language')}
                hideLabel
                value={locale}
                choices={LOCALES}
                onChange={setLocale}
              />
            </footer>
          </div>
        </main>
      </div>
    </div>
  )
}
