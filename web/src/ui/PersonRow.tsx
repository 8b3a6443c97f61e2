import { Ellipsis, MessageCircle, ShieldMinus, ShieldPlus, UserRoundMinus } from 'lucide-react'
import type { Role } from '../core/api'
import { useT } from '../lib/i18n'
import type { PersonActions } from '../lib/rank'
import { Avatar } from './Avatar'
import { Badge } from './Badge'
import { IconButton } from './IconButton'
import { Menu, type MenuItem } from './Menu'
import { Row } from './Row'

interface PersonRowProps {
  person: { account: string; handle: string; name: string; role: Role }
  /** One's own account. */
  me: string
  may: PersonActions
  /** What removing them is called. */
  removeText: string
  onMessage: () => void
  onRole: (role: Role) => void
  onRemove: () => void
}

/** Somebody in a group or community, with what one may do. */
export function PersonRow({ person, me, may, removeText, onMessage, onRole, onRemove }: PersonRowProps) {
  const t = useT()
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
      text: removeText,
      icon: <UserRoundMinus size={18} aria-hidden />,
      danger: true,
      onSelect: onRemove,
    },
  ]
  const usable = items.filter((entry) => entry !== false)
  return (
    <Row
      start={<Avatar id={person.account} name={person.name} />}
      title={person.name}
      sub={[person.handle && `@${person.handle}`, person.account === me && t('member.you')]
        .filter(Boolean)
        .join(' · ')}
      end={
        <>
          {person.role !== 'member' && <Badge look="soft">{t(`role.${person.role}`)}</Badge>}
          {usable.length > 0 && (
            <Menu
              trigger={
                <IconButton
                  small
                  label={t('member.actions', { name: person.name })}
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
