import { House } from 'lucide-react'
import { conversationsOf } from '../../lib/data/communities'
import { useCommunity, useConversations } from '../../lib/data/context'
import { communityTitle } from '../../lib/data/titles'
import { useT } from '../../lib/i18n'
import type { Route } from '../../lib/router'
import { RouteLink } from '../../ui/RouteLink'
import { rowStyles } from '../../ui/Row'
import styles from './ChatList.module.css'
import { ChatRows } from './ChatRows'
import { ChatSkeletons } from './ChatSkeletons'

interface CommunityChatsProps {
  id: string
  current: string | null
}

/** The conversations of one community, beside its home. */
export function CommunityChats({ id, current }: CommunityChatsProps) {
  const t = useT()
  const { loaded, list } = useConversations()
  const community = useCommunity(id)
  const name = community ? communityTitle(t, community) : t('communities.title')
  const home: Route = { at: 'community', id, pane: 'none' }

  return (
    <section className={styles.pane} aria-label={name}>
      <header className={styles.head}>
        <div className={styles.top}>
          <h2 className={styles.title} dir="auto">
            {name}
          </h2>
        </div>
        <RouteLink
          className={`${rowStyles.row} ${styles.home}`}
          to={home}
          aria-current={current === null ? 'page' : undefined}
        >
          <House size={19} aria-hidden />
          {t('community.home')}
        </RouteLink>
      </header>
      {loaded ? (
        <ChatRows shown={conversationsOf(list, id)} current={current} within={id} />
      ) : (
        <ChatSkeletons />
      )}
    </section>
  )
}
