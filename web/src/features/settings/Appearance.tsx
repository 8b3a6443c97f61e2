import { LOCALES, setLocale, useLanguage } from '../../lib/i18n'
import { useStore } from '../../lib/store'
import { setTheme, type Theme, theme } from '../../lib/theme'
import { Card } from '../../ui/Card'
import { Segmented } from '../../ui/Segmented'

const THEMES = ['system', 'light', 'dark'] as const satisfies readonly Theme[]

/** Language and colours, for this device. */
export function Appearance() {
  const { t, locale } = useLanguage()
  return (
    <Card>
      <Segmented label={t('appearance.language')} value={locale} choices={LOCALES} onChange={setLocale} />
      <Segmented
        label={t('appearance.theme')}
        value={useStore(theme)}
        choices={THEMES.map((value) => ({ value, label: t(`appearance.${value}`) }))}
        onChange={setTheme}
      />
    </Card>
  )
}
