import { Megaphone, UsersRound } from 'lucide-react'
import { useSession } from '../../lib/data/context'
import { errorText } from '../../lib/data/errors'
import { useTask } from '../../lib/data/useTask'
import { useT } from '../../lib/i18n'
import { Button } from '../../ui/Button'
import { Dialog, DialogActions } from '../../ui/Dialog'
import { ErrorNotice } from '../../ui/ErrorNotice'
import { NameFields, useNameFields } from '../../ui/NameFields'
import styles from './NewCommunity.module.css'

interface NewCommunityProps {
  onClose: () => void
  onDone: (community: string) => void
}

/** A new community, with announcements and a first group. */
export function NewCommunity({ onClose, onDone }: NewCommunityProps) {
  const t = useT()
  const { core } = useSession()
  const fields = useNameFields({ name: '', description: '' })
  const task = useTask(async () => {
    const general = t('community.general')
    const params = { name: fields.name, description: fields.description || null, general }
    const answer = await core.request({ method: 'community_create', params })
    onDone(answer.community)
  })

  return (
    <Dialog
      open
      onClose={onClose}
      title={t('communities.new')}
      description={t('community.new.text')}
      closeLabel={t('app.close')}
    >
      <form className={styles.form} onSubmit={(event) => fields.submit(event, task.run)} noValidate>
        <NameFields fields={fields} descriptionNote={t('community.new.description')} />
        <ul className={styles.brings} aria-label={t('community.new.brings')}>
          <li>
            <Megaphone size={18} aria-hidden />
            {t('community.new.announcements')}
          </li>
          <li>
            <UsersRound size={18} aria-hidden />
            {t('community.new.general', { name: t('community.general') })}
          </li>
        </ul>
        {task.error !== null && <ErrorNotice>{errorText(t, task.error)}</ErrorNotice>}
        <DialogActions>
          <Button onClick={onClose}>{t('app.cancel')}</Button>
          <Button type="submit" look="primary" busy={task.busy}>
            {t('community.new.submit')}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
