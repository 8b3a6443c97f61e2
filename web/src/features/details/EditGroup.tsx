import { type FormEvent, useState } from 'react'
import type { ConversationInfo } from '../../core/api'
import { useSession } from '../../lib/data/context'
import { errorText } from '../../lib/data/errors'
import { useTask } from '../../lib/data/useTask'
import { useT } from '../../lib/i18n'
import { charCount, DESCRIPTION_CHARS_MAX, NAME_CHARS_MAX } from '../../lib/limits'
import { Button } from '../../ui/Button'
import { Dialog, DialogActions } from '../../ui/Dialog'
import { ErrorNotice } from '../../ui/ErrorNotice'
import { TextArea, TextField } from '../../ui/TextField'
import { toast } from '../../ui/Toast'
import styles from './Details.module.css'

/** Below so many characters the rest is counted down. */
const COUNT_FROM = 200

interface EditGroupProps {
  item: ConversationInfo
  onClose: () => void
}

/** A group's name and description. */
export function EditGroup({ item, onClose }: EditGroupProps) {
  const t = useT()
  const { core } = useSession()
  const [name, setName] = useState(item.name)
  const [description, setDescription] = useState(item.description)
  const nameWrong = name.trim() === '' || charCount(name.trim()) > NAME_CHARS_MAX
  const left = DESCRIPTION_CHARS_MAX - charCount(description)
  const changed = name.trim() !== item.name || description.trim() !== item.description
  const save = useTask(async () => {
    const params = {
      target: item.group,
      name: name.trim() === item.name ? null : name.trim(),
      description: description.trim() === item.description ? null : description.trim(),
    }
    await core.request({ method: 'group_set', params })
    toast(t('app.saved'))
    onClose()
  })

  function submit(event: FormEvent) {
    event.preventDefault()
    if (!nameWrong && left >= 0) save.run()
  }

  return (
    <Dialog open onClose={onClose} title={t('edit.title')} closeLabel={t('app.close')}>
      <form className={styles.section} onSubmit={submit} noValidate>
        <TextField
          label={t('group.name')}
          error={nameWrong ? t('error.invalid_name') : null}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <TextArea
          label={t('group.description')}
          note={left < COUNT_FROM ? t('edit.left', { count: left }) : t('group.optional')}
          error={left < 0 ? t('edit.over', { count: -left }) : null}
          rows={4}
          value={description}
          onChange={(event) => setDescription(event.target.value)}
        />
        {save.error !== null && <ErrorNotice>{errorText(t, save.error)}</ErrorNotice>}
        <DialogActions>
          <Button onClick={onClose}>{t('app.cancel')}</Button>
          <Button type="submit" look="primary" busy={save.busy} disabled={!changed}>
            {t('app.save')}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
