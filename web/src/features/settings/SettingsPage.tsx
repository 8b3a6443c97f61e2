import { ArrowLeft } from 'lucide-react'
import { useT } from '../../lib/i18n'
import { goBack, type SettingsSection } from '../../lib/router'
import { IconButton } from '../../ui/IconButton'
import styles from './Settings.module.css'
import { SECTIONS } from './sections'

/** One part of the settings. */
export function SettingsPage({ section }: { section: SettingsSection }) {
  const t = useT()
  const Page = SECTIONS[section].page
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <IconButton
          className={styles.back}
          label={t('app.back')}
          icon={<ArrowLeft size={20} aria-hidden />}
          onClick={goBack}
        />
        <h1 className={styles.heading}>{t(`settings.${section}`)}</h1>
      </header>
      <div className={styles.body}>
        <div className={styles.inner}>
          <Page />
        </div>
      </div>
    </div>
  )
}
