import { X } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { CommunityInfo, CommunityMemberInfo, Role } from '../../core/api'
import { useMe, useSession } from '../../lib/data/context'
import { errorText } from '../../lib/data/errors'
import { named } from '../../lib/data/names'
import { communityTitle } from '../../lib/data/titles'
import { type Loaded, useLoaded } from '../../lib/data/useLoaded'
import { folded } from '../../lib/fold'
import { useT } from '../../lib/i18n'
import { RANK } from '../../lib/rank'
import { goBack } from '../../lib/router'
import { ErrorNotice } from '../../ui/ErrorNotice'
import { IconButton } from '../../ui/IconButton'
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

function useCommunityMembers(community: CommunityInfo): [Loaded<CommunityMemberInfo[]>, () => void] {
  const { core } = useSession()
  const [changes, setChanges] = useState(0)
  const again = () => setChanges((count) => count + 1)
  useEffect(
    () =>
      core.subscribe((event) => {
        if (event.event === 'community' && event.community.community === community.community) again()
      }),
    [core, community.community],
  )
  const ask = async () => {
    const params = { target: community.community }
    const members = await core.request({ method: 'community_members', params })
    return inOrder(members.map(named))
  }
  return [useLoaded(ask, `${community.community} ${changes}`), again]
}

interface CommunityMembersProps {
  community: CommunityInfo
  onMessage: (handle: string) => void
}

/** Who is in a community. Only its admins can know. */
export function CommunityMembers({ community, onMessage }: CommunityMembersProps) {
  const t = useT()
  const [members, again] = useCommunityMembers(community)
  return (
    <section className={styles.pane} aria-label={t('details.members')}>
      <header className={styles.top}>
        <div className={styles.titles}>
          <h2 className={styles.title}>{t('details.members')}</h2>
          <p className={styles.sub} dir="auto">
            {communityTitle(t, community)}
          </p>
        </div>
        <IconButton label={t('app.close')} icon={<X size={20} aria-hidden />} onClick={goBack} />
      </header>
      <div className={styles.body}>
        <p className={styles.note}>{t('community.members.note')}</p>
        {members.state === 'loading' && <Skeleton width="100%" height="3.25rem" />}
        {members.state === 'failed' && <ErrorNotice>{errorText(t, members.error)}</ErrorNotice>}
        {members.state === 'ready' && (
          <People community={community} members={members.value} onMessage={onMessage} onChanged={again} />
        )}
      </div>
    </section>
  )
}

interface PeopleProps extends CommunityMembersProps {
  members: CommunityMemberInfo[]
  onChanged: () => void
}

function People({ community, members, onMessage, onChanged }: PeopleProps) {
  const t = useT()
  const { core } = useSession()
  const me = useMe().account
  const [typed, setTyped] = useState('')
  const [shown, setShown] = useState(SHOWN_FIRST)
  const [removing, setRemoving] = useState<CommunityMemberInfo | null>(null)
  const wanted = folded(typed).trim().replace(/^@/, '')
  const found = members.filter(
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
          onClose={() => setRemoving(null)}
        />
      )}
    </>
  )
}
