import { CircleAlert } from 'lucide-react'
import { errorText } from '../lib/data/errors'
import { useT } from '../lib/i18n'
import { Button } from '../ui/Button'
import { EmptyState } from '../ui/EmptyState'
import { Logo } from '../ui/Logo'
import { Spinner } from '../ui/Spinner'
import styles from './Boot.module.css'

/** While the core starts. */
export function Starting() {
  const t = useT()
  return (
    <main className={styles.boot}>
      <Logo size={64} />
      <p className={styles.text} role="status">
        <Spinner />
        {t('boot.starting')}
      </p>
    </main>
  )
}

/** The core cannot run here. */
export function Failed({ error }: { error: unknown }) {
  const t = useT()
  return (
    <main className={styles.boot}>
      <h1 className="visually-hidden">{t('app.name')}</h1>
      <EmptyState
        picture={<CircleAlert size={28} />}
        title={t('boot.failed.title')}
        text={errorText(t, error)}
        actions={
          <Button look="primary" onClick={() => location.reload()}>
            {t('boot.failed.reload')}
          </Button>
        }
      />
    </main>
  )
}
