import { TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import type { CommunityInfo, CommunityMemberInfo } from '../../core/api'
import { useConversations, useSession } from '../../lib/data/context'
import { errorText } from '../../lib/data/errors'
import { liveLinks } from '../../lib/data/links'
import { communityTitle } from '../../lib/data/titles'
import { useTask } from '../../lib/data/useTask'
import { useT } from '../../lib/i18n'
import { useStore } from '../../lib/store'
import { Button } from '../../ui/Button'
import { Dialog, DialogActions } from '../../ui/Dialog'
import { ErrorNotice } from '../../ui/ErrorNotice'
import { Notice } from '../../ui/Notice'
import { toast } from '../../ui/Toast'
import styles from './CommunityMembers.module.css'

interface RemovePersonProps {
  community: CommunityInfo
  member: CommunityMemberInfo
  onRemoved: () => void
  /** A link is wanted in place of the one that ended with the person. */
  onInvite: () => void
  onClose: () => void
}

/** Asks once before somebody is put out, and says where that was not in one's power. */
export function RemovePerson({ community, member, onRemoved, onInvite, onClose }: RemovePersonProps) {
  const t = useT()
  const { core } = useSession()
  const { name } = member
  const [stays, setStays] = useState<readonly string[]>([])
  const remove = useTask(async () => {
    const params = { target: community.community, handle: member.handle }
    const links = await liveLinks(core, community.community)
    const answer = await core.request({ method: 'community_remove', params })
    const ended = (await liveLinks(core, community.community)) < links
    onRemoved()
    if (answer.not_removed_from.length > 0) return setStays(answer.not_removed_from)
    if (ended) toast(t('member.removed.link', { name }), 'done', { label: t('invite.again'), run: onInvite })
    else toast(t('community.removed', { name }))
    onClose()
  })
  if (stays.length > 0) return <Stays community={community} name={name} groups={stays} onClose={onClose} />
  return (
    <Dialog open onClose={onClose} title={t('member.remove.title', { name })} closeLabel={t('app.close')}>
      <p>{t('community.remove.text', { name, community: communityTitle(t, community) })}</p>
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

interface StaysProps {
  community: CommunityInfo
  name: string
  groups: readonly string[]
  onClose: () => void
}

/** Groups that one does not administer. */
function Stays({ community, name, groups, onClose }: StaysProps) {
  const t = useT()
  const directory = useStore(useSession().directories).get(community.community) ?? []
  const { list } = useConversations()
  const nameOf = (id: string) =>
    directory.find((entry) => entry.group === id)?.name ??
    list.find((item) => item.group === id)?.name ??
    t('name.pending')
  return (
    <Dialog open onClose={onClose} title={t('community.removed', { name })} closeLabel={t('app.close')}>
      <Notice look="warn" icon={<TriangleAlert size={18} aria-hidden />}>
        {t('community.stays', { name })}
      </Notice>
      <ul className={styles.stays}>
        {groups.map((group) => (
          <li key={group} dir="auto">
            {nameOf(group)}
          </li>
        ))}
      </ul>
      <DialogActions>
        <Button look="primary" onClick={onClose}>
          {t('alarm.dismiss')}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
