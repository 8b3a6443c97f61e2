import { version } from '../../../package.json'
import { useMe } from '../../lib/data/context'
import { useT } from '../../lib/i18n'
import { Card } from '../../ui/Card'
import { Logo } from '../../ui/Logo'
import styles from './Settings.module.css'

/** What this is. */
export function About() {
  const t = useT()
  const me = useMe()
  const facts = [
    { name: t('about.version'), value: version },
    { name: t('profile.server'), value: me.server },
    { name: t('about.account'), value: me.account },
    { name: t('about.device'), value: me.device },
  ]
  return (
    <>
      <div className={styles.me}>
        <Logo size={48} />
        <p className={styles.text}>{t('about.text')}</p>
      </div>
      <Card>
        <dl className={styles.facts}>
          {facts.map((fact) => (
            <div key={fact.name} className={styles.fact}>
              <dt>{fact.name}</dt>
              <dd className={styles.id}>{fact.value}</dd>
            </div>
          ))}
        </dl>
      </Card>
    </>
  )
}
