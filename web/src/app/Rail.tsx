import { Building2, MessagesSquare, Settings } from 'lucide-react'
import type { ComponentType } from 'react'
import type { CommunityInfo } from '../core/api'
import { hasFresh } from '../lib/data/communities'
import { useCommunities, useMe, useSession } from '../lib/data/context'
import { communityTitle } from '../lib/data/titles'
import { useT } from '../lib/i18n'
import type { Route } from '../lib/router'
import { useStore } from '../lib/store'
import { Avatar } from '../ui/Avatar'
import { Hidden, UnreadBadge } from '../ui/Badge'
import { cx } from '../ui/cx'
import { Logo } from '../ui/Logo'
import { RouteLink } from '../ui/RouteLink'
import { Tooltip } from '../ui/Tooltip'
import styles from './Rail.module.css'

/** Which of the places one is at. */
export function placeOf(route: Route): 'chats' | 'communities' | 'settings' {
  if (route.at === 'settings') return 'settings'
  return communityAt(route) !== null || route.at === 'communities' ? 'communities' : 'chats'
}

/** The community that one looks at, at its home or in one of its groups. */
export function communityAt(route: Route): string | null {
  if (route.at === 'community') return route.id
  return route.at === 'conversation' ? (route.within ?? null) : null
}

/** The places of the page; on a phone along the bottom. */
export function Rail({ route }: { route: Route }) {
  const t = useT()
  const me = useMe()
  const place = placeOf(route)
  const { list } = useStore(useSession().conversations)
  const communities = useCommunities()
  const unread = list.reduce((sum, item) => sum + item.unread, 0)
  const fresh = communities.some((community) => hasFresh(list, community))
  return (
    <nav className={styles.rail} aria-label={t('nav.label')}>
      <span className={styles.logo}>
        <Logo size={34} />
      </span>
      <Place
        route={{ at: 'chats' }}
        label={t('nav.chats')}
        icon={MessagesSquare}
        current={place === 'chats'}
        unread={unread}
      />
      <Place
        route={{ at: 'communities' }}
        label={t('nav.communities')}
        icon={Building2}
        current={place === 'communities'}
        fresh={fresh}
      />
      <ul className={styles.communities}>
        {communities.map((community) => (
          <CommunityIcon
            key={community.community}
            community={community}
            current={communityAt(route) === community.community}
            fresh={hasFresh(list, community)}
          />
        ))}
      </ul>
      <span className={styles.space} />
      <Place
        route={{ at: 'settings', section: null }}
        label={t('nav.settings')}
        icon={Settings}
        current={place === 'settings'}
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
  fresh?: boolean
}

function Place({ route, label, icon: Icon, current, unread = 0, fresh }: PlaceProps) {
  return (
    <RouteLink className={styles.place} to={route} aria-current={current ? 'true' : undefined}>
      <span className={styles.icon}>
        <Icon size={22} aria-hidden />
        {unread > 0 && (
          <span className={styles.unread}>
            <UnreadBadge count={unread} max={99} />
          </span>
        )}
        {fresh && <Dot />}
      </span>
      <span className={styles.label}>{label}</span>
    </RouteLink>
  )
}

/** Something is unread there. */
function Dot() {
  const t = useT()
  return (
    <span className={styles.dot}>
      <Hidden>{t('nav.fresh')}</Hidden>
    </span>
  )
}

interface CommunityIconProps {
  community: CommunityInfo
  current: boolean
  fresh: boolean
}

function CommunityIcon({ community, current, fresh }: CommunityIconProps) {
  const t = useT()
  const name = communityTitle(t, community)
  const route: Route = { at: 'community', id: community.community, pane: 'none' }
  return (
    <li className={styles.item}>
      <Tooltip text={name} side="right">
        <RouteLink
          className={cx(styles.community, fresh && styles.fresh)}
          to={route}
          aria-current={current ? 'true' : undefined}
        >
          <Avatar id={community.community} name={community.name} kind="group" size="normal" />
          <Hidden>{name}</Hidden>
          {fresh && <Dot />}
        </RouteLink>
      </Tooltip>
    </li>
  )
}
