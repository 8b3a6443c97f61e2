import { ChevronRight, Megaphone } from 'lucide-react'
import type { CommunityInfo } from '../../core/api'
import { lastAnnouncement, unreadAnnouncements } from '../../lib/data/communities'
import { useMe, useSession } from '../../lib/data/context'
import { nothingLine } from '../../lib/data/lastLine'
import { useLanguage } from '../../lib/i18n'
import type { Route } from '../../lib/router'
import { useStore } from '../../lib/store'
import { full, listTime } from '../../lib/time'
import { UnreadBadge } from '../../ui/Badge'
import { cx } from '../../ui/cx'
import { RouteLink } from '../../ui/RouteLink'
import styles from './AnnouncementsCard.module.css'

interface AnnouncementsCardProps {
  community: CommunityInfo
  manage: boolean
}

/** The announcements before everything else: the newest, and the way to all. */
export function AnnouncementsCard({ community, manage }: AnnouncementsCardProps) {
  const { t } = useLanguage()
  const { list } = useStore(useSession().conversations)
  const unread = unreadAnnouncements(list, community)
  const route: Route = {
    at: 'conversation',
    id: community.announcements,
    pane: 'none',
    within: community.community,
  }

  return (
    <section aria-label={t('announcements.title')}>
      <RouteLink className={cx(styles.card, unread > 0 && styles.unread)} to={route}>
        <span className={styles.head}>
          <span className={styles.icon}>
            <Megaphone size={20} aria-hidden />
          </span>
          <span className={styles.title}>{t('announcements.title')}</span>
          <UnreadBadge count={unread} />
          {manage && <span className={styles.write}>{t('announce.submit')}</span>}
          <ChevronRight size={20} aria-hidden className={styles.arrow} />
        </span>
        <Newest community={community} />
      </RouteLink>
    </section>
  )
}

function Newest({ community }: { community: CommunityInfo }) {
  const { t, tag } = useLanguage()
  const me = useMe().account
  const { list } = useStore(useSession().conversations)
  const last = lastAnnouncement(list, community)
  if (!last) {
    const began_earlier = list.find((item) => item.group === community.announcements)?.began_earlier
    return <span className={styles.none}>{nothingLine(t, { kind: 'announcements', began_earlier })}</span>
  }
  const at = new Date(last.at)
  return (
    <span className={styles.newest}>
      <span className={styles.meta}>
        <span className={styles.sender} dir="auto">
          {last.sender.account === me ? t('app.you') : last.sender.name}
        </span>
        <time dateTime={last.at} title={full(tag, at)}>
          {listTime(tag, at, new Date())}
        </time>
      </span>
      <span className={styles.text} dir="auto">
        {last.text ?? t('chats.line.deleted')}
      </span>
    </span>
  )
}
