import { useState } from 'react'
import type { ConversationInfo, MemberInfo } from '../../core/api'
import { useMe } from '../../lib/data/context'
import { errorText } from '../../lib/data/errors'
import { folded } from '../../lib/fold'
import { useT } from '../../lib/i18n'
import { ErrorNotice } from '../../ui/ErrorNotice'
import { Skeleton } from '../../ui/Spinner'
import { TextField } from '../../ui/TextField'
import styles from './Details.module.css'
import { MemberRows } from './MemberRows'
import { useMembers } from './useMembers'

/** Fewer need no search. */
const SEARCH_FROM = 12

function fits(member: MemberInfo, typed: string): boolean {
  const wanted = folded(typed).replace(/^@/, '')
  return folded(member.name).includes(wanted) || member.handle.includes(wanted)
}

interface MembersProps {
  item: ConversationInfo
  onMessage: (handle: string) => void
}

/** Who is in it. */
export function Members({ item, onMessage }: MembersProps) {
  const t = useT()
  const me = useMe().account
  const members = useMembers(item)
  const [typed, setTyped] = useState('')
  if (members.state === 'loading') return <Skeleton width="100%" height="3.25rem" />
  if (members.state === 'failed') return <ErrorNotice>{errorText(t, members.error)}</ErrorNotice>
  const shown = members.value.filter((member) => fits(member, typed))
  return (
    <section className={styles.section} aria-label={t('details.members')}>
      <h3 className={styles.sectionTitle}>{t('chat.members', { count: members.value.length })}</h3>
      {members.value.length >= SEARCH_FROM && (
        <TextField
          label={t('details.search')}
          type="search"
          value={typed}
          onChange={(e) => setTyped(e.target.value)}
        />
      )}
      {shown.length === 0 && <p className={styles.nobody}>{t('details.nobody')}</p>}
      <MemberRows item={item} members={shown} me={me} onMessage={onMessage} />
    </section>
  )
}
