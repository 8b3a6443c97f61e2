import { ArrowLeft } from 'lucide-react'
import { useCore } from '../../lib/data/context'
import { useT } from '../../lib/i18n'
import { goBack } from '../../lib/router'
import { Button } from '../../ui/Button'
import { AccountForm } from './AccountForm'
import styles from './Form.module.css'
import { Frame } from './Frame'
import { type Registered, register } from './register'

/** A new account. */
export function SignUp({ onRegistered }: { onRegistered: (registered: Registered) => void }) {
  const t = useT()
  const core = useCore()
  return (
    <Frame>
      <Button
        look="quiet"
        size="small"
        className={styles.back}
        icon={<ArrowLeft size={16} aria-hidden />}
        onClick={goBack}
      >
        {t('app.back')}
      </Button>
      <div className={styles.head}>
        <h1 className={styles.title}>{t('signup.title')}</h1>
        <p className={styles.text}>{t('signup.text', { server: location.host })}</p>
      </div>
      <AccountForm
        submitLabel={t('signup.submit')}
        onSubmit={async (account) => onRegistered(await register(core, account))}
      />
    </Frame>
  )
}
