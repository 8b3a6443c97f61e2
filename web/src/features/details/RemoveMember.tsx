import type { ConversationInfo, MemberInfo } from '../../core/api'
import { useSession } from '../../lib/data/context'
import { errorText } from '../../lib/data/errors'
import { liveLinks } from '../../lib/data/links'
import { useTask } from '../../lib/data/useTask'
import { useT } from '../../lib/i18n'
import { Button } from '../../ui/Button'
import { Dialog, DialogActions } from '../../ui/Dialog'
import { ErrorNotice } from '../../ui/ErrorNotice'
import { toast } from '../../ui/Toast'

interface RemoveMemberProps {
  item: ConversationInfo
  member: MemberInfo
  /** A link is wanted in place of the one that ended with the person. */
  onInvite: () => void
  onClose: () => void
}

/** Asks once before somebody is put out. */
export function RemoveMember({ item, member, onInvite, onClose }: RemoveMemberProps) {
  const t = useT()
  const { core } = useSession()
  const remove = useTask(async () => {
    const { name, handle } = member
    const links = await liveLinks(core, item.group)
    await core.request({ method: 'group_remove', params: { target: item.group, handle } })
    const ended = (await liveLinks(core, item.group)) < links
    if (ended) toast(t('member.removed.link', { name }), 'done', { label: t('invite.again'), run: onInvite })
    else toast(t('member.removed', { name }))
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
