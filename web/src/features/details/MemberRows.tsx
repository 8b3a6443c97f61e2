import { useState } from 'react'
import type { ConversationInfo, MemberInfo, Role } from '../../core/api'
import { useSession } from '../../lib/data/context'
import { errorText } from '../../lib/data/errors'
import { useT } from '../../lib/i18n'
import { PersonRow } from '../../ui/PersonRow'
import { toast } from '../../ui/Toast'
import styles from './Details.module.css'
import { InviteDialog } from './InviteDialog'
import { RemoveMember } from './RemoveMember'
import { memberActions } from './rights'

/** A first screenful; the rest comes when asked for, so that a thousand members do not cost a thousand menus. */
const SHOWN_FIRST = 60

interface MemberRowsProps {
  item: ConversationInfo
  members: readonly MemberInfo[]
  me: string
  onMessage: (handle: string) => void
}

export function MemberRows({ item, members, me, onMessage }: MemberRowsProps) {
  const t = useT()
  const { core } = useSession()
  const [removing, setRemoving] = useState<MemberInfo | null>(null)
  const [inviting, setInviting] = useState(false)
  const [shown, setShown] = useState(SHOWN_FIRST)

  function setRole(member: MemberInfo, role: Role) {
    const params = { target: item.group, handle: member.handle, role, until: null }
    core.request({ method: 'group_promote', params }).then(
      () => toast(t(role === 'admin' ? 'member.promoted' : 'member.demoted', { name: member.name })),
      (error: unknown) => toast(errorText(t, error), 'error'),
    )
  }

  return (
    <>
      <ul className={styles.members}>
        {members.slice(0, shown).map((member) => (
          <li key={member.account}>
            <PersonRow
              person={member}
              me={me}
              may={memberActions(item, member, me)}
              removeText={t('member.remove')}
              onMessage={() => onMessage(member.handle)}
              onRole={(role) => setRole(member, role)}
              onRemove={() => setRemoving(member)}
            />
          </li>
        ))}
      </ul>
      {members.length > shown && (
        <button type="button" className={styles.more} onClick={() => setShown(shown * 4)}>
          {t('details.more', { count: members.length - shown })}
        </button>
      )}
      {removing && (
        <RemoveMember
          item={item}
          member={removing}
          onInvite={() => setInviting(true)}
          onClose={() => setRemoving(null)}
        />
      )}
      {inviting && (
        <InviteDialog target={{ id: item.group, name: item.name }} onClose={() => setInviting(false)} />
      )}
    </>
  )
}
