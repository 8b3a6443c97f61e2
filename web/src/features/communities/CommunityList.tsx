import { Building2, Plus } from 'lucide-react'
import type { CommunityInfo } from '../../core/api'
import { conversationsOf, lastAnnouncement } from '../../lib/data/communities'
import { useCommunities, useSession } from '../../lib/data/context'
import { nothingLine, oneLine } from '../../lib/data/lastLine'
import { communityTitle } from '../../lib/data/titles'
import { useT } from '../../lib/i18n'
import type { Route } from '../../lib/router'
import { useStore } from '../../lib/store'
import { Avatar } from '../../ui/Avatar'
import { UnreadBadge } from '../../ui/Badge'
import { Button } from '../../ui/Button'
import { EmptyState } from '../../ui/EmptyState'
import { RouteLink } from '../../ui/RouteLink'
import { rowStyles } from '../../ui/Row'
import styles from './CommunityList.module.css'

interface CommunityListProps {
  onNew: (what: 'community' | 'link') => void
}

/** The communities that one is in. */
export function CommunityList({ onNew }: CommunityListProps) {
  const t = useT()
  const { loaded } = useStore(useSession().communities)
  const communities = useCommunities()
  return (
    <section className={styles.pane} aria-label={t('communities.title')}>
      <header className={styles.head}>
        <h2 className={styles.title}>{t('communities.title')}</h2>
        {communities.length > 0 && (
          <Button
            look="primary"
            size="small"
            icon={<Plus size={17} aria-hidden />}
            aria-label={t('communities.new')}
            onClick={() => onNew('community')}
          >
            {t('communities.new.short')}
          </Button>
        )}
      </header>
      {loaded && communities.length === 0 && (
        <EmptyState
          picture={<Building2 size={28} />}
          title={t('communities.none.title')}
          text={t('communities.none.text')}
          actions={
            <>
              <Button look="primary" onClick={() => onNew('community')}>
                {t('communities.none.create')}
              </Button>
              <Button onClick={() => onNew('link')}>{t('chats.new.link')}</Button>
            </>
          }
        />
      )}
      <ul className={styles.rows}>
        {communities.map((community) => (
          <li key={community.community}>
            <CommunityRow community={community} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function CommunityRow({ community }: { community: CommunityInfo }) {
  const t = useT()
  const { list } = useStore(useSession().conversations)
  const route: Route = { at: 'community', id: community.community, pane: 'none' }
  const unread = conversationsOf(list, community.community).reduce((sum, item) => sum + item.unread, 0)
  const last = lastAnnouncement(list, community)
  const began_earlier = list.find((item) => item.group === community.announcements)?.began_earlier

  return (
    <RouteLink className={`${rowStyles.row} ${styles.row}`} to={route}>
      <Avatar id={community.community} name={community.name} kind="community" />
      <span className={rowStyles.words}>
        <span className={rowStyles.title} dir="auto">
          {communityTitle(t, community)}
        </span>
        <span className={rowStyles.sub} dir="auto">
          {last?.text
            ? oneLine(last.text)
            : community.description || nothingLine(t, { kind: 'announcements', began_earlier })}
        </span>
      </span>
      <UnreadBadge count={unread} />
    </RouteLink>
  )
}
