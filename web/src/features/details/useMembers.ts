import { useEffect, useState } from 'react'
import type { ConversationInfo, MemberInfo } from '../../core/api'
import { useSession } from '../../lib/data/context'
import { isUnnamed, named } from '../../lib/data/names'
import { type Loaded, useLoaded } from '../../lib/data/useLoaded'

const FIRST_MS = 500
const TRIES_MAX = 6

/** The members, read again whenever something about them changes, and while a name is still on its way. */
export function useMembers(item: ConversationInfo): Loaded<MemberInfo[]> {
  const { core } = useSession()
  const [changes, setChanges] = useState(0)
  const [tries, setTries] = useState(0)
  useEffect(
    () =>
      core.subscribe((event) => {
        const concerns =
          event.event === 'message' &&
          event.message.conversation === item.group &&
          event.message.kind !== 'text'
        if (!concerns) return
        setTries(0)
        setChanges((count) => count + 1)
      }),
    [core, item.group],
  )
  const ask = async () => {
    const members = await core.request({ method: 'group_members', params: { target: item.group } })
    return members.map(named)
  }
  const members = useLoaded(ask, `${item.group} ${item.members} ${item.role} ${changes} ${tries}`)

  const unnamed =
    members.state === 'ready' && members.value.some((member) => isUnnamed(member.name, member.handle))
  useEffect(() => {
    if (!unnamed || tries >= TRIES_MAX) return
    const timer = setTimeout(() => setTries(tries + 1), FIRST_MS * 2 ** tries)
    return () => clearTimeout(timer)
  }, [unnamed, tries])
  return members
}
