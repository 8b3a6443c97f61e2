import { useSession } from '../../lib/data/context'
import { errorText } from '../../lib/data/errors'
import { useTask } from '../../lib/data/useTask'
import { useT } from '../../lib/i18n'
import { Button } from '../../ui/Button'
import { Dialog, DialogActions } from '../../ui/Dialog'
import { ErrorNotice } from '../../ui/ErrorNotice'
import { NameFields, useNameFields } from '../../ui/NameFields'
import { toast } from '../../ui/Toast'
import styles from './Details.module.css'

interface EditGroupProps {
  /** A group or a community. */
  target: { id: string; name: string; description: string; community: boolean }
  onClose: () => void
}

/** A group's or a community's name and description. */
export function EditGroup({ target, onClose }: EditGroupProps) {
  const t = useT()
  const { core } = useSession()
  const fields = useNameFields(target)
  const { name, description } = fields
  const changed = name !== target.name || description !== target.description
  const save = useTask(async () => {
    const params = {
      target: target.id,
      name: name === target.name ? null : name,
      description: description === target.description ? null : description,
    }
    await core.request({ method: target.community ? 'community_set' : 'group_set', params })
    toast(t('app.saved'))
    onClose()
  })

  return (
    <Dialog open onClose={onClose} title={t('edit.title')} closeLabel={t('app.close')}>
      <form className={styles.section} onSubmit={(event) => fields.submit(event, save.run)} noValidate>
        <NameFields fields={fields} rows={4} />
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
