import { type FormEvent, useState } from 'react'
import { useMe, useSession } from '../../lib/data/context'
import { codeOf, errorText } from '../../lib/data/errors'
import { useTask } from '../../lib/data/useTask'
import { useT } from '../../lib/i18n'
import { foldHandle, isHandle, isTooLong } from '../../lib/limits'
import { Button } from '../../ui/Button'
import { Dialog, DialogActions } from '../../ui/Dialog'
import { ErrorNotice } from '../../ui/ErrorNotice'
import { TextArea, TextField } from '../../ui/TextField'
import form from './NewForm.module.css'

interface NewDirectProps {
  /** Whom, when it is known already. */
  to: string
  onClose: () => void
  onDone: (conversation: string) => void
}

const ABOUT_HANDLE = new Set(['unknown_handle', 'invalid_handle', 'no_key_package'])

/** The first message to somebody. */
export function NewDirect({ to, onClose, onDone }: NewDirectProps) {
  const t = useT()
  const session = useSession()
  const me = useMe()
  const [handle, setHandle] = useState(to)
  const [text, setText] = useState('')
  const [checked, setChecked] = useState(false)
  const task = useTask(async () => {
    const params = { target: `@${handle}`, text: text.trim(), queue: true }
    const sent = await session.core.request({ method: 'send', params })
    onDone(sent.conversation)
  })
  const aboutHandle = task.error !== null && ABOUT_HANDLE.has(codeOf(task.error))

  function handleError(): string | null {
    if (aboutHandle) return errorText(t, task.error)
    if (!checked) return null
    if (handle === me.handle) return t('direct.self')
    return isHandle(handle) ? null : t('error.invalid_handle')
  }

  function submit(event: FormEvent) {
    event.preventDefault()
    setChecked(true)
    const fits = text.trim() !== '' && !isTooLong(text)
    if (fits && isHandle(handle) && handle !== me.handle) task.run()
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title={t('direct.title')}
      description={t('direct.text')}
      closeLabel={t('app.close')}
    >
      <form className={form.form} onSubmit={submit} noValidate>
        <TextField
          label={t('direct.to')}
          note={t('direct.to.note')}
          prefix="@"
          error={handleError()}
          value={handle}
          autoCapitalize="none"
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => {
            task.clear()
            setHandle(foldHandle(event.target.value))
          }}
        />
        <TextArea
          label={t('direct.message')}
          rows={3}
          error={checked && (text.trim() === '' || isTooLong(text)) ? t('error.invalid_text') : null}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        {task.error !== null && !aboutHandle && <ErrorNotice>{errorText(t, task.error)}</ErrorNotice>}
        <DialogActions>
          <Button onClick={onClose}>{t('app.cancel')}</Button>
          <Button type="submit" look="primary" busy={task.busy}>
            {t('direct.submit')}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
