import { ChevronRight } from 'lucide-react'
import type { MouseEvent } from 'react'
import { useT } from '../../lib/i18n'
import { navigate, pathOf, type Route, SETTINGS_SECTIONS, type SettingsSection } from '../../lib/router'
import { cx } from '../../ui/cx'
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
  const route: Route = { at: 'settings', section }
  const Icon = SECTIONS[section].icon
  const open = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    navigate(route)
  }
  return (
    <a
      className={cx(rowStyles.row, styles.link)}
      href={pathOf(route)}
      aria-current={current ? 'page' : undefined}
      onClick={open}
    >
      <Icon size={20} aria-hidden />
      <span className={rowStyles.words}>{t(`settings.${section}`)}</span>
      <ChevronRight size={18} aria-hidden className={styles.chevron} />
    </a>
  )
}
