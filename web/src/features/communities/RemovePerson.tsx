import { TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import type { CommunityInfo, CommunityMemberInfo } from '../../core/api'
import { useSession } from '../../lib/data/context'
import { errorText } from '../../lib/data/errors'
import { liveLinks } from '../../lib/data/links'
import { communityTitle } from '../../lib/data/titles'
import { useTask } from '../../lib/data/useTask'
import { useT } from '../../lib/i18n'
import { useLong } from '../../lib/useLong'
import { Button } from '../../ui/Button'
import { Dialog, DialogActions } from '../../ui/Dialog'
import { ErrorNotice } from '../../ui/ErrorNotice'
import { Notice } from '../../ui/Notice'
import { toast } from '../../ui/Toast'
import styles from './CommunityMembers.module.css'

/** Several groups get new keys: a spinner alone would leave one wondering. */
const LONG_MS = 1_000

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
  const [stays, setStays] = useState<Stay | null>(null)
  const remove = useTask(async () => {
    const params = { target: community.community, handle: member.handle }
    const links = await liveLinks(core, community.community)
    const answer = await core.request({ method: 'community_remove', params })
    const ended = (await liveLinks(core, community.community)) < links
    onRemoved()
    if (answer.not_removed_from.length > 0) return setStays({ groups: answer.not_removed_from, ended })
    if (ended) toast(t('member.removed.link', { name }), 'done', { label: t('invite.again'), run: onInvite })
    else toast(t('community.removed', { name }))
    onClose()
  })
  const long = useLong(remove.busy, LONG_MS)
  if (stays) return <Stays name={name} stay={stays} onInvite={onInvite} onClose={onClose} />
  return (
    <Dialog open onClose={onClose} title={t('member.remove.title', { name })} closeLabel={t('app.close')}>
      <p>{t('community.remove.text', { name, community: communityTitle(t, community) })}</p>
      {remove.error !== null && <ErrorNotice>{errorText(t, remove.error)}</ErrorNotice>}
      <p role="status" className={styles.working}>
        {long && t('community.remove.working')}
      </p>
      <DialogActions>
        <Button onClick={onClose}>{t('app.cancel')}</Button>
        <Button look="danger" busy={remove.busy} onClick={() => remove.run()}>
          {t('member.remove.submit')}
        </Button>
      </DialogActions>
    </Dialog>
  )
}

/** What came of it where it was not all that was wanted. */
interface Stay {
  /** Names of groups that they may still be in. */
  groups: readonly string[]
  /** Their link has ended. */
  ended: boolean
}

interface StaysProps {
  name: string
  stay: Stay
  onInvite: () => void
  onClose: () => void
}

/** Groups that one does not administer. Who is in them is often not to be known. */
function Stays({ name, stay, onInvite, onClose }: StaysProps) {
  const t = useT()
  return (
    <Dialog open onClose={onClose} title={t('community.removed', { name })} closeLabel={t('app.close')}>
      <Notice look="warn" icon={<TriangleAlert size={18} aria-hidden />}>
        {t('community.stays', { name })}
      </Notice>
      <ul className={styles.stays}>
        {stay.groups.map((group, index) => (
          // Two groups may have one name, and the list does not change.
          <li key={index} dir="auto">
            {group === '' ? t('name.pending') : group}
          </li>
        ))}
      </ul>
      {stay.ended && <p>{t('community.stays.link')}</p>}
      <DialogActions>
        {stay.ended && (
          <Button
            onClick={() => {
              onClose()
              onInvite()
            }}
          >
            {t('invite.again')}
          </Button>
        )}
        <Button look="primary" onClick={onClose}>
          {t('alarm.dismiss')}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
