import type { ConversationInfo, MemberInfo } from '../../core/api'
import { useSession } from '../../lib/data/context'
import type { Loaded } from '../../lib/data/useLoaded'
import { usePeople } from '../../lib/data/usePeople'

/** The members of a group. */
export function useMembers(item: ConversationInfo): Loaded<readonly MemberInfo[]> {
  const { core } = useSession()
  return usePeople({
    ask: () => core.request({ method: 'group_members', params: { target: item.group } }),
    concerns: (event) =>
      event.event === 'message' && event.message.conversation === item.group && event.message.kind !== 'text',
    key: `${item.group} ${item.members} ${item.role}`,
  }).people
}
