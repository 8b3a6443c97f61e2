import { Building2, Link2, MessageCirclePlus, Plus, UsersRound } from 'lucide-react'
import { useT } from '../../lib/i18n'
import { Button } from '../../ui/Button'
import { Menu } from '../../ui/Menu'

export type NewWhat = 'direct' | 'group' | 'community' | 'link'

/** Begin something. */
export function NewMenu({ onNew }: { onNew: (what: NewWhat) => void }) {
  const t = useT()
  const items = [
    { id: 'direct', text: t('chats.new.direct'), icon: <MessageCirclePlus size={18} aria-hidden /> },
    { id: 'group', text: t('chats.new.group'), icon: <UsersRound size={18} aria-hidden /> },
    { id: 'community', text: t('communities.new'), icon: <Building2 size={18} aria-hidden /> },
    { id: 'link', text: t('chats.new.link'), icon: <Link2 size={18} aria-hidden /> },
  ] as const
  return (
    <Menu
      trigger={
        <Button look="primary" size="small" icon={<Plus size={17} aria-hidden />}>
          {t('chats.new')}
        </Button>
      }
      items={items.map((item) => ({ ...item, onSelect: () => onNew(item.id) }))}
    />
  )
}
