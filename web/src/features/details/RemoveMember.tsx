import type { ConversationInfo, MemberInfo } from '../../core/api'
import { useSession } from '../../lib/data/context'
import { errorText } from '../../lib/data/errors'
import { useTask } from '../../lib/data/useTask'
import { useT } from '../../lib/i18n'
import { Button } from '../../ui/Button'
import { Dialog, DialogActions } from '../../ui/Dialog'
import { ErrorNotice } from '../../ui/ErrorNotice'
import { toast } from '../../ui/Toast'

interface RemoveMemberProps {
  item: ConversationInfo
  member: MemberInfo
  onClose: () => void
}

/** Asks once before somebody is put out. */
export function RemoveMember({ item, member, onClose }: RemoveMemberProps) {
  const t = useT()
  const { core } = useSession()
  const remove = useTask(async () => {
    await core.request({ method: 'group_remove', params: { target: item.group, handle: member.handle } })
    toast(t('member.removed', { name: member.name }))
    onClose()
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('member.remove.title', { name: member.name })}
      closeLabel={t('app.close')}
    >
      <p>{t('member.remove.text', { name: member.name })}</p>
      {remove.error !== null && <ErrorNotice>{errorText(t, remove.error)}</ErrorNotice>}
      <DialogActions>
        <Button onClick={onClose}>{t('app.cancel')}</Button>
        <Button look="danger" busy={remove.busy} onClick={() => remove.run()}>
          {t('member.remove.submit')}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
