import { type FormEvent, useState } from 'react'
import { codeOf, errorText } from '../../lib/data/errors'
import { useTask } from '../../lib/data/useTask'
import { useT } from '../../lib/i18n'
import { charCount, foldHandle, isHandle, NAME_CHARS_MAX, suggestHandle } from '../../lib/limits'
import { Button } from '../../ui/Button'
import { ErrorNotice } from '../../ui/ErrorNotice'
import { TextField } from '../../ui/TextField'
import styles from './Form.module.css'
import type { NewAccount } from './register'
import { Unanswered } from './Unanswered'

const ABOUT_HANDLE = new Set(['handle_taken', 'invalid_handle'])

interface AccountFormProps {
  submitLabel: string
  onSubmit: (account: NewAccount) => Promise<void>
}

/** A name and a handle: all that an account needs. The handle follows the name until one writes one's own. */
export function AccountForm({ submitLabel, onSubmit }: AccountFormProps) {
  const t = useT()
  const [name, setName] = useState('')
  const [ownHandle, setOwnHandle] = useState<string | null>(null)
  const [checked, setChecked] = useState(false)
  const [code, setCode] = useState<string | null>(null)
  const task = useTask(async (account: NewAccount) => {
    try {
      await onSubmit(account)
    } catch (error) {
      // The operator lets in only who has an invitation code.
      if (codeOf(error) === 'forbidden' && code === null) return setCode('')
      throw error
    }
  })
  const handle = ownHandle ?? suggestHandle(name)
  const nameWrong = name.trim() === '' || charCount(name.trim()) > NAME_CHARS_MAX
  const aboutHandle = task.error !== null && ABOUT_HANDLE.has(codeOf(task.error))

  function submit(event: FormEvent) {
    event.preventDefault()
    setChecked(true)
    if (!nameWrong && isHandle(handle)) task.run({ name, handle, code })
  }

  const handleError =
    checked && !isHandle(handle) ? t('error.invalid_handle') : aboutHandle && errorText(t, task.error)
  return (
    <form className={styles.stack} onSubmit={submit} noValidate>
      <TextField
        label={t('signup.name')}
        note={t('signup.name.note')}
        error={checked && nameWrong ? t('error.invalid_name') : null}
        value={name}
        autoComplete="name"
        autoFocus
        required
        onChange={(event) => setName(event.target.value)}
      />
      <TextField
        label={t('signup.handle')}
        note={t('signup.handle.note')}
        error={handleError || null}
        prefix="@"
        value={handle}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        onChange={(event) => {
          task.clear()
          setOwnHandle(foldHandle(event.target.value))
        }}
      />
      {code !== null && (
        <TextField
          label={t('signup.code')}
          note={t('signup.code.note')}
          value={code}
          autoComplete="off"
          autoFocus
          onChange={(event) => setCode(event.target.value)}
        />
      )}
      {task.error !== null && !aboutHandle && <ErrorNotice>{errorText(t, task.error)}</ErrorNotice>}
      <Unanswered busy={task.busy} />
      <Button type="submit" look="primary" size="large" wide busy={task.busy}>
        {submitLabel}
      </Button>
    </form>
  )
}
