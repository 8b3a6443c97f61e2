import { useCore } from '../../lib/data/context'
import { useT } from '../../lib/i18n'
import { navigate } from '../../lib/router'
import { Button } from '../../ui/Button'
import { AccountForm } from './AccountForm'
import styles from './Form.module.css'
import { type Registered, register } from './register'

/** Who has no account makes one here: a name, a handle, in. */
export function JoinAsNewcomer({ onRegistered }: { onRegistered: (registered: Registered) => void }) {
  const t = useT()
  const core = useCore()
  return (
    <div className={styles.stack}>
      <AccountForm
        submitLabel={t('join.create')}
        onSubmit={async (account) => onRegistered(await register(core, account))}
      />
      <Button look="quiet" onClick={() => navigate({ at: 'recover' })}>
        {t('join.account')}
      </Button>
    </div>
  )
}
