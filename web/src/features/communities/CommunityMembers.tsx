import { useMemo, useState } from 'react'
import type { CommunityInfo, CommunityMemberInfo, Role } from '../../core/api'
import { useMe, useSession } from '../../lib/data/context'
import { errorText } from '../../lib/data/errors'
import { communityTitle } from '../../lib/data/titles'
import { usePeople } from '../../lib/data/usePeople'
import { folded } from '../../lib/fold'
import { useT } from '../../lib/i18n'
import { RANK } from '../../lib/rank'
import { ErrorNotice } from '../../ui/ErrorNotice'
import { Pane } from '../../ui/Pane'
import { PersonRow } from '../../ui/PersonRow'
import { Skeleton } from '../../ui/Spinner'
import { TextField } from '../../ui/TextField'
import { toast } from '../../ui/Toast'
import styles from './CommunityMembers.module.css'
import { RemovePerson } from './RemovePerson'
import { personActions } from './rights'

/** Fewer need no search. */
const SEARCH_FROM = 12
/** A first screenful; the rest when asked for. */
const SHOWN_FIRST = 60

function inOrder(members: readonly CommunityMemberInfo[]): CommunityMemberInfo[] {
  return [...members].sort((a, b) => RANK[b.role] - RANK[a.role] || a.name.localeCompare(b.name))
}

function useCommunityMembers({ community }: CommunityInfo) {
  const { core } = useSession()
  return usePeople({
    ask: () => core.request({ method: 'community_members', params: { target: community } }),
    concerns: (event) => event.event === 'community' && event.community.community === community,
    key: community,
  })
}

interface CommunityMembersProps {
  community: CommunityInfo
  onMessage: (handle: string) => void
  onInvite: () => void
}

/** Who is in a community. Only its admins can know. */
export function CommunityMembers({ community, onMessage, onInvite }: CommunityMembersProps) {
  const t = useT()
  const { people, reload } = useCommunityMembers(community)
  return (
    <Pane label={t('details.members')} title={t('details.members')} sub={communityTitle(t, community)}>
      <div className={styles.stack}>
        <p className={styles.note}>{t('community.members.note')}</p>
        {people.state === 'loading' && <Skeleton width="100%" height="3.25rem" />}
        {people.state === 'failed' && <ErrorNotice>{errorText(t, people.error)}</ErrorNotice>}
        {people.state === 'ready' && (
          <People
            community={community}
            members={people.value}
            onMessage={onMessage}
            onInvite={onInvite}
            onChanged={reload}
          />
        )}
      </div>
    </Pane>
  )
}

interface PeopleProps extends CommunityMembersProps {
  members: readonly CommunityMemberInfo[]
  onChanged: () => void
}

function People({ community, members, onMessage, onInvite, onChanged }: PeopleProps) {
  const t = useT()
  const { core } = useSession()
  const me = useMe().account
  const [typed, setTyped] = useState('')
  const [shown, setShown] = useState(SHOWN_FIRST)
  const [removing, setRemoving] = useState<CommunityMemberInfo | null>(null)
  const wanted = folded(typed).trim().replace(/^@/, '')
  const ordered = useMemo(() => inOrder(members), [members])
  const found = ordered.filter(
    (member) => folded(member.name).includes(wanted) || member.handle.includes(wanted),
  )

  function setRole(member: CommunityMemberInfo, role: Role) {
    const params = { target: community.community, handle: member.handle, role, until: null }
    core.request({ method: 'community_promote', params }).then(
      () => {
        toast(t(role === 'admin' ? 'member.promoted' : 'member.demoted', { name: member.name }))
        onChanged()
      },
      (error: unknown) => toast(errorText(t, error), 'error'),
    )
  }

  return (
    <>
      {members.length >= SEARCH_FROM && (
        <TextField
          label={t('details.search')}
          type="search"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      )}
      {found.length === 0 && <p className={styles.nobody}>{t('details.nobody')}</p>}
      <ul className={styles.people}>
        {found.slice(0, shown).map((member) => (
          <li key={member.account}>
            <PersonRow
              person={member}
              me={me}
              may={personActions(community, member, me)}
              removeText={t('community.remove')}
              onMessage={() => onMessage(member.handle)}
              onRole={(role) => setRole(member, role)}
              onRemove={() => setRemoving(member)}
            />
          </li>
        ))}
      </ul>
      {found.length > shown && (
        <button type="button" className={styles.more} onClick={() => setShown(shown * 4)}>
          {t('details.more', { count: found.length - shown })}
        </button>
      )}
      {removing && (
        <RemovePerson
          community={community}
          member={removing}
          onRemoved={onChanged}
          onInvite={onInvite}
          onClose={() => setRemoving(null)}
        />
      )}
    </>
  )
}
