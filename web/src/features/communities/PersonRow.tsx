import { Ellipsis, MessageCircle, ShieldMinus, ShieldPlus, UserRoundMinus } from 'lucide-react'
import type { CommunityInfo, CommunityMemberInfo, Role } from '../../core/api'
import { useT } from '../../lib/i18n'
import { Avatar } from '../../ui/Avatar'
import { Badge } from '../../ui/Badge'
import { IconButton } from '../../ui/IconButton'
import { Menu, type MenuItem } from '../../ui/Menu'
import { Row } from '../../ui/Row'
import { personActions } from './rights'

interface PersonRowProps {
  community: CommunityInfo
  member: CommunityMemberInfo
  me: string
  onMessage: () => void
  onRole: (role: Role) => void
  onRemove: () => void
}

/** Somebody in a community, with what one may do. */
export function PersonRow({ community, member, me, onMessage, onRole, onRemove }: PersonRowProps) {
  const t = useT()
  const may = personActions(community, member, me)
  const items: (MenuItem | false)[] = [
    may.message && {
      id: 'message',
      text: t('member.message'),
      icon: <MessageCircle size={18} aria-hidden />,
      onSelect: onMessage,
    },
    may.promote && {
      id: 'promote',
      text: t('member.promote'),
      icon: <ShieldPlus size={18} aria-hidden />,
      onSelect: () => onRole('admin'),
    },
    may.demote && {
      id: 'demote',
      text: t('member.demote'),
      icon: <ShieldMinus size={18} aria-hidden />,
      onSelect: () => onRole('member'),
    },
    may.remove && {
      id: 'remove',
      text: t('community.remove'),
      icon: <UserRoundMinus size={18} aria-hidden />,
      danger: true,
      onSelect: onRemove,
    },
  ]
  const usable = items.filter((entry) => entry !== false)
  return (
    <Row
      start={<Avatar id={member.account} name={member.name} />}
      title={member.account === me ? t('member.you', { name: member.name }) : member.name}
      sub={member.handle && `@${member.handle}`}
      end={
        <>
          {member.role !== 'member' && <Badge look="soft">{t(`role.${member.role}`)}</Badge>}
          {usable.length > 0 && (
            <Menu
              trigger={
                <IconButton
                  small
                  label={t('member.actions', { name: member.name })}
                  icon={<Ellipsis size={18} aria-hidden />}
                />
              }
              items={usable}
            />
          )}
        </>
      }
    />
  )
}
