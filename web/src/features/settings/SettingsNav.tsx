import { ChevronRight } from 'lucide-react'
import { useT } from '../../lib/i18n'
import { SETTINGS_SECTIONS, type SettingsSection } from '../../lib/router'
import { cx } from '../../ui/cx'
import { RouteLink } from '../../ui/RouteLink'
import { rowStyles } from '../../ui/Row'
import styles from './Settings.module.css'
import { SECTIONS } from './sections'

/** The settings there are. */
export function SettingsNav({ current }: { current: SettingsSection | null }) {
  const t = useT()
  return (
    <nav className={styles.nav} aria-label={t('settings.title')}>
      <h2 className={styles.title}>{t('settings.title')}</h2>
      <ul>
        {SETTINGS_SECTIONS.map((section) => (
          <li key={section}>
            <SectionLink section={section} current={section === current} />
          </li>
        ))}
      </ul>
    </nav>
  )
}

function SectionLink({ section, current }: { section: SettingsSection; current: boolean }) {
  const t = useT()
  const Icon = SECTIONS[section].icon
  return (
    <RouteLink
      className={cx(rowStyles.row, styles.link)}
      to={{ at: 'settings', section }}
      aria-current={current ? 'page' : undefined}
    >
      <Icon size={20} aria-hidden />
      <span className={rowStyles.words}>{t(`settings.${section}`)}</span>
      <ChevronRight size={18} aria-hidden className={styles.chevron} />
    </RouteLink>
  )
}
