import { type FormEvent, useCallback, useState } from 'react'
import { useCore } from '../../lib/data/context'
import { codeOf, errorText } from '../../lib/data/errors'
import { useTask } from '../../lib/data/useTask'
import { useT } from '../../lib/i18n'
import { foldHandle, isHandle } from '../../lib/limits'
import { Button } from '../../ui/Button'
import { ErrorNotice } from '../../ui/ErrorNotice'
import { KeyField } from '../../ui/KeyField'
import { TextField } from '../../ui/TextField'
import styles from './Form.module.css'
import { FormFrame } from './FormFrame'
import { Unanswered } from './Unanswered'

/** Back into an account with its recovery key. */
export function Recover({ onRecovered }: { onRecovered: () => void }) {
  const t = useT()
  const core = useCore()
  const [handle, setHandle] = useState('')
  const [key, setKey] = useState({ typed: '', complete: false })
  const [checked, setChecked] = useState(false)
  const changeKey = useCallback((typed: string, complete: boolean) => setKey({ typed, complete }), [])
  const task = useTask(async () => {
    const params = { server: location.origin, handle, recovery_key: key.typed }
    await core.request({ method: 'recover', params })
    onRecovered()
  })

  function submit(event: FormEvent) {
    event.preventDefault()
    setChecked(true)
    if (isHandle(handle) && key.complete) task.run()
  }

  return (
    <FormFrame title={t('recover.title')} text={t('recover.text')}>
      <form className={styles.stack} onSubmit={submit} noValidate>
        <TextField
          label={t('signup.handle')}
          prefix="@"
          error={checked && !isHandle(handle) ? t('error.invalid_handle') : null}
          value={handle}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          onChange={(event) => setHandle(foldHandle(event.target.value))}
        />
        <KeyField value={key.typed} onChange={changeKey} />
        {task.error !== null && (
          <ErrorNotice>
            {codeOf(task.error) === 'unknown_handle' ? t('error.recovery_refused') : errorText(t, task.error)}
          </ErrorNotice>
        )}
        <Unanswered busy={task.busy} />
        <Button type="submit" look="primary" size="large" wide busy={task.busy} disabled={!key.complete}>
          {t('recover.submit')}
        </Button>
        <p className={styles.meta}>{t('recover.history')}</p>
      </form>
    </FormFrame>
  )
}
