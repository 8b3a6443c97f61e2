import { Plus } from 'lucide-react'
import { useState } from 'react'
import type { CommunityInfo } from '../../core/api'
import { conversationsOf } from '../../lib/data/communities'
import { useConversations, useMe } from '../../lib/data/context'
import { lastLine } from '../../lib/data/lastLine'
import type { Titled } from '../../lib/data/titles'
import { useLanguage } from '../../lib/i18n'
import type { Route } from '../../lib/router'
import { full, listTime } from '../../lib/time'
import { UnreadBadge } from '../../ui/Badge'
import { Button } from '../../ui/Button'
import { ConversationAvatar } from '../../ui/ConversationAvatar'
import { RouteLink } from '../../ui/RouteLink'
import { rowStyles } from '../../ui/Row'
import styles from './CommunityHome.module.css'

/** A first screenful; the rest when asked for. */
const SHOWN_FIRST = 30

interface MyGroupsProps {
  community: CommunityInfo
  /** Absent for who may not. */
  onNewGroup?: (() => void) | undefined
}

/** The groups of a community that one is in. */
export function MyGroups({ community, onNewGroup }: MyGroupsProps) {
  const { t } = useLanguage()
  const { list } = useConversations()
  const [shown, setShown] = useState(SHOWN_FIRST)
  const groups = conversationsOf(list, community.community).filter(
    (item) => item.kind !== 'announcements' && item.state !== 'left',
  )
  return (
    <section className={styles.section} aria-labelledby="my-groups">
      <div className={styles.sectionHead}>
        <h2 id="my-groups" className={styles.sectionTitle}>
          {t('community.mine')}
        </h2>
        {onNewGroup && (
          <Button look="quiet" size="small" icon={<Plus size={16} aria-hidden />} onClick={onNewGroup}>
            {t('chats.new.group')}
          </Button>
        )}
      </div>
      {groups.length === 0 ? (
        <p className={styles.nothing}>{t('community.mine.none')}</p>
      ) : (
        <ul className={styles.card}>
          {groups.slice(0, shown).map((item) => (
            <li key={item.group}>
              <GroupRow item={item} community={community.community} />
            </li>
          ))}
        </ul>
      )}
      {groups.length > shown && (
        <Button look="quiet" onClick={() => setShown(shown * 4)}>
          {t('details.more', { count: groups.length - shown })}
        </Button>
      )}
    </section>
  )
}

function GroupRow({ item, community }: { item: Titled; community: string }) {
  const { t, tag } = useLanguage()
  const me = useMe().account
  const route: Route = { at: 'conversation', id: item.group, pane: 'none', within: community }
  const at = item.last && new Date(item.last.at)

  return (
    <RouteLink className={`${rowStyles.row} ${styles.groupRow}`} to={route}>
      <ConversationAvatar item={item} />
      <span className={rowStyles.words}>
        <span className={rowStyles.title} dir="auto">
          {item.name}
        </span>
        <span className={rowStyles.sub} dir="auto">
          {item.kind === 'admin_room' && !item.last ? t('adminroom.text') : lastLine(t, item, me, undefined)}
        </span>
      </span>
      <span className={styles.groupEnd}>
        {at && (
          <time className={styles.time} dateTime={item.last?.at} title={full(tag, at)}>
            {listTime(tag, at, new Date())}
          </time>
        )}
        <UnreadBadge count={item.unread} />
      </span>
    </RouteLink>
  )
}
