import { type FormEvent, useState } from 'react'
import { useSession } from '../../lib/data/context'
import { errorText } from '../../lib/data/errors'
import { useTask } from '../../lib/data/useTask'
import { useT } from '../../lib/i18n'
import { charCount, DESCRIPTION_CHARS_MAX, NAME_CHARS_MAX } from '../../lib/limits'
import { Button } from '../../ui/Button'
import { Dialog, DialogActions } from '../../ui/Dialog'
import { ErrorNotice } from '../../ui/ErrorNotice'
import { Switch } from '../../ui/Switch'
import { TextArea, TextField } from '../../ui/TextField'
import form from './NewForm.module.css'

interface NewGroupProps {
  onClose: () => void
  onDone: (group: string) => void
}

/** A new group; people come in afterwards. */
export function NewGroup({ onClose, onDone }: NewGroupProps) {
  const t = useT()
  const session = useSession()
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const [quantumSafe, setQuantumSafe] = useState(false)
  const [checked, setChecked] = useState(false)
  const nameWrong = name.trim() === '' || charCount(name.trim()) > NAME_CHARS_MAX
  const tooLong = charCount(description) - DESCRIPTION_CHARS_MAX
  const task = useTask(async () => {
    const params = { name: name.trim(), description: description.trim() || null, quantum_safe: quantumSafe }
    const answer = await session.core.request({ method: 'group_create', params })
    onDone(answer.group)
  })

  function submit(event: FormEvent) {
    event.preventDefault()
    setChecked(true)
    if (!nameWrong && tooLong <= 0) task.run()
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title={t('group.new.title')}
      description={t('group.new.text')}
      closeLabel={t('app.close')}
    >
      <form className={form.form} onSubmit={submit} noValidate>
        <TextField
          label={t('group.name')}
          error={checked && nameWrong ? t('error.invalid_name') : null}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <TextArea
          label={t('group.description')}
          note={t('group.optional')}
          error={tooLong > 0 ? t('edit.over', { count: tooLong }) : null}
          rows={2}
          value={description}
          onChange={(event) => setDescription(event.target.value)}
        />
        <Switch
          label={t('group.quantum')}
          note={t('group.quantum.note')}
          checked={quantumSafe}
          onChange={setQuantumSafe}
        />
        {task.error !== null && <ErrorNotice>{errorText(t, task.error)}</ErrorNotice>}
        <DialogActions>
          <Button onClick={onClose}>{t('app.cancel')}</Button>
          <Button type="submit" look="primary" busy={task.busy}>
            {t('group.new.submit')}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
