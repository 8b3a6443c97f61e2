import { useT } from '../../lib/i18n'
import { navigate } from '../../lib/router'
import { Button } from '../../ui/Button'
import { cx } from '../../ui/cx'
import styles from './Form.module.css'
import { Frame } from './Frame'

/** The first thing anybody sees. */
export function Welcome() {
  const t = useT()
  return (
    <Frame tall>
      <div className={styles.head}>
        <h1 className={cx(styles.title, styles.welcome)}>{t('welcome.title')}</h1>
        <p className={styles.text}>{t('welcome.text')}</p>
      </div>
      <div className={styles.buttons}>
        <Button look="primary" size="large" wide onClick={() => navigate({ at: 'sign-up' })}>
          {t('welcome.create')}
        </Button>
        <Button size="large" wide onClick={() => navigate({ at: 'recover' })}>
          {t('welcome.recover')}
        </Button>
      </div>
    </Frame>
  )
}
