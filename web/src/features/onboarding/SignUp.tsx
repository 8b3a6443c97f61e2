import { useCore } from '../../lib/data/context'
import { useT } from '../../lib/i18n'
import { AccountForm } from './AccountForm'
import { FormFrame } from './FormFrame'
import { type Registered, register } from './register'

/** A new account. */
export function SignUp({ onRegistered }: { onRegistered: (registered: Registered) => void }) {
  const t = useT()
  const core = useCore()
  return (
    <FormFrame title={t('signup.title')} text={t('signup.text', { server: location.host })}>
      <AccountForm
        submitLabel={t('signup.submit')}
        onSubmit={async (account) => onRegistered(await register(core, account))}
      />
    </FormFrame>
  )
}
