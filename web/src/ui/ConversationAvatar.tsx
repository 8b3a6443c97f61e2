import { Megaphone, ShieldHalf } from 'lucide-react'
import type { ConversationInfo } from '../core/api'
import { Avatar } from './Avatar'

interface ConversationAvatarProps {
  item: Pick<ConversationInfo, 'group' | 'kind' | 'name' | 'community'> & {
    account?: string | undefined
    pending: boolean
  }
  size?: 'small' | 'normal' | 'large'
}

const ICONS: Readonly<Record<string, typeof Megaphone>> = { announcements: Megaphone, admin_room: ShieldHalf }

/** A conversation at a glance: a person, a group, or what belongs to a community as a whole, in its colour. */
export function ConversationAvatar({ item, size = 'normal' }: ConversationAvatarProps) {
  const Icon = ICONS[item.kind]
  if (item.kind === 'direct') return <Avatar id={item.account ?? item.group} name={item.name} size={size} />
  return (
    <Avatar
      id={Icon ? (item.community ?? item.group) : item.group}
      name={item.pending ? '' : item.name}
      kind="group"
      size={size}
      icon={Icon && <Icon aria-hidden />}
    />
  )
}
