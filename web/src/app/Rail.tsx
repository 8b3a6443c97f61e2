import { MessagesSquare, Settings } from 'lucide-react'
import type { ComponentType, MouseEvent } from 'react'
import { useMe, useSession } from '../lib/data/context'
import { useT } from '../lib/i18n'
import { navigate, pathOf, type Route } from '../lib/router'
import { useStore } from '../lib/store'
import { Avatar } from '../ui/Avatar'
import { Badge } from '../ui/Badge'
import { Logo } from '../ui/Logo'
import styles from './Rail.module.css'

/** The places of the page; on a phone along the bottom. */
export function Rail({ settings }: { settings: boolean }) {
  const t = useT()
  const me = useMe()
  const { list } = useStore(useSession().conversations)
  const unread = list.reduce((sum, item) => sum + item.unread, 0)
  return (
    <nav className={styles.rail} aria-label={t('nav.label')}>
      <span className={styles.logo}>
        <Logo size={34} />
      </span>
      <Place
        route={{ at: 'chats' }}
        label={t('nav.chats')}
        icon={MessagesSquare}
        current={!settings}
        unread={unread}
      />
      <span className={styles.space} />
      <Place
        route={{ at: 'settings', section: null }}
        label={t('nav.settings')}
        icon={Settings}
        current={settings}
      />
      <span className={styles.me}>
        <Avatar id={me.account} name={me.name} size="small" />
      </span>
    </nav>
  )
}

interface PlaceProps {
  route: Route
  label: string
  icon: ComponentType<{ size: number; 'aria-hidden': boolean }>
  current: boolean
  unread?: number
}

function Place({ route, label, icon: Icon, current, unread = 0 }: PlaceProps) {
  const t = useT()
  const open = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    navigate(route)
  }
  return (
    <a
      className={styles.place}
      href={pathOf(route)}
      aria-current={current ? 'true' : undefined}
      onClick={open}
    >
      <span className={styles.icon}>
        <Icon size={22} aria-hidden />
        {unread > 0 && (
          <span className={styles.unread}>
            <Badge look="star" label={t('nav.unread', { count: unread })}>
              {unread > 99 ? '99+' : unread}
            </Badge>
          </span>
        )}
      </span>
      <span className={styles.label}>{label}</span>
    </a>
  )
}
