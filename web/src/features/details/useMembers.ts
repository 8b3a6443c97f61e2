import { useEffect, useState } from 'react'
import type { ConversationInfo, MemberInfo } from '../../core/api'
import { useSession } from '../../lib/data/context'
import { type Loaded, useLoaded } from '../../lib/data/useLoaded'

/** The members, read again whenever something about them changes. */
export function useMembers(item: ConversationInfo): Loaded<MemberInfo[]> {
  const { core } = useSession()
  const [changes, setChanges] = useState(0)
  useEffect(
    () =>
      core.subscribe(event => {
        const concerns =
          event.event === 'message' && event.message.conversation === item.group && event.message.kind !== 'text'
        if (concerns) setChanges(count => count + 1)
      }),
    [core, item.group],
  )
  const ask = () => core.request({ method: 'group_members', params: { target: item.group } })
  return useLoaded(ask, `${item.group} ${item.members} ${item.role} ${changes}`)
}
