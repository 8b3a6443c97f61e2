import { Lock } from 'lucide-react'
import { useRef, useState } from 'react'
import type { CommunityInfo, DirectoryInfo } from '../../core/api'
import { errorText } from '../../lib/data/errors'
import type { Directory } from '../../lib/data/useDirectory'
import { folded } from '../../lib/fold'
import { useT } from '../../lib/i18n'
import { Button } from '../../ui/Button'
import { ErrorNotice } from '../../ui/ErrorNotice'
import { Skeleton } from '../../ui/Spinner'
import { TextField } from '../../ui/TextField'
import styles from './CommunityHome.module.css'
import { OtherGroup } from './OtherGroup'

/** Fewer need no search. */
const SEARCH_FROM = 12
/** A first screenful; the rest when asked for. */
const SHOWN_FIRST = 30

/** What one can enter stands before what one cannot. */
function inOrder(groups: readonly DirectoryInfo[]): DirectoryInfo[] {
  const rank = (group: DirectoryInfo) => (group.join === 'open' ? 0 : 1)
  return [...groups].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
}

interface OtherGroupsProps {
  community: CommunityInfo
  directory: Directory
  manage: boolean
}

/** The groups of a community that one is not in. */
export function OtherGroups({ community, directory, manage }: OtherGroupsProps) {
  const t = useT()
  const { groups, reload } = directory
  // The directory is told of it a moment later.
  const [entered, setEntered] = useState<ReadonlySet<string>>(new Set())
  const title = useRef<HTMLHeadingElement>(null)
  return (
    <section className={styles.section} aria-labelledby="other-groups">
      <div className={styles.sectionHead}>
        <h2 ref={title} id="other-groups" className={styles.sectionTitle} tabIndex={-1}>
          {t('community.others')}
        </h2>
      </div>
      {groups.state === 'loading' && <Skeleton width="100%" height="4rem" />}
      {groups.state === 'failed' && (
        <ErrorNotice
          action={
            <Button size="small" onClick={reload}>
              {t('app.retry')}
            </Button>
          }
        >
          {errorText(t, groups.error)}
        </ErrorNotice>
      )}
      {groups.state === 'ready' && (
        <Groups
          community={community.community}
          groups={inOrder(groups.value.filter((group) => !group.joined && !entered.has(group.group)))}
          none={t(manage ? 'community.others.none.admin' : 'community.others.none')}
          onEntered={(group) => {
            setEntered(new Set(entered).add(group))
            // Its button goes, and with it the focus.
            title.current?.focus({ preventScroll: true })
          }}
        />
      )}
    </section>
  )
}

interface GroupsProps {
  community: string
  groups: DirectoryInfo[]
  /** What to say when there is none. */
  none: string
  onEntered: (group: string) => void
}

function Groups({ community, groups, none, onEntered }: GroupsProps) {
  const t = useT()
  const [typed, setTyped] = useState('')
  const [shown, setShown] = useState(SHOWN_FIRST)
  const wanted = folded(typed).trim()
  const found = groups.filter((group) => folded(`${group.name} ${group.description}`).includes(wanted))
  if (groups.length === 0) {
    return <p className={styles.nothing}>{none}</p>
  }
  return (
    <>
      {groups.length >= SEARCH_FROM && (
        <TextField
          label={t('community.others.search')}
          type="search"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      )}
      {found.length === 0 && <p className={styles.nothing}>{t('community.others.unfound')}</p>}
      {found.length > 0 && (
        <ul className={styles.card}>
          {found.slice(0, shown).map((group) => (
            <OtherGroup
              key={group.group}
              group={group}
              community={community}
              onEntered={() => onEntered(group.group)}
            />
          ))}
        </ul>
      )}
      {found.length > shown && (
        <Button look="quiet" onClick={() => setShown(shown * 4)}>
          {t('details.more', { count: found.length - shown })}
        </Button>
      )}
      {groups.some((group) => group.join === 'invite') && (
        <p className={styles.hint}>
          <Lock size={14} aria-hidden />
          {t('community.others.locked')}
        </p>
      )}
    </>
  )
}
