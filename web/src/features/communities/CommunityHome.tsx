import { CircleAlert, MessageCircleOff, ShieldAlert } from 'lucide-react'
import type { CommunityInfo } from '../../core/api'
import { useCommunity, useSession } from '../../lib/data/context'
import { useDirectory } from '../../lib/data/useDirectory'
import { useLanguage, useT } from '../../lib/i18n'
import { navigate } from '../../lib/router'
import { useStore } from '../../lib/store'
import { Button } from '../../ui/Button'
import { EmptyState } from '../../ui/EmptyState'
import { Notice } from '../../ui/Notice'
import { Spinner } from '../../ui/Spinner'
import { AnnouncementsCard } from './AnnouncementsCard'
import styles from './CommunityHome.module.css'
import { HomeHeader } from './HomeHeader'
import { MyGroups } from './MyGroups'
import { OtherGroups } from './OtherGroups'
import { mayManage } from './rights'

interface CommunityHomeProps {
  id: string
  membersOpen: boolean
  onInvite: () => void
  onEdit: () => void
  onNewGroup: () => void
}

/** A community: what it is, its announcements, one's groups in it, and those that one can join. */
export function CommunityHome(props: CommunityHomeProps) {
  const t = useT()
  const community = useCommunity(props.id)
  const { loaded } = useStore(useSession().communities)
  if (community) return <Home {...props} community={community} />
  return (
    <div className={styles.view}>
      <h1 className="visually-hidden">{t('communities.title')}</h1>
      {loaded ? (
        <EmptyState
          picture={<MessageCircleOff size={28} />}
          title={t('community.missing.title')}
          text={t('community.missing.text')}
          actions={
            <Button onClick={() => navigate({ at: 'communities' }, 'replace')}>
              {t('community.missing.back')}
            </Button>
          }
        />
      ) : (
        <EmptyState picture={<Spinner />} title={t('app.loading')} />
      )}
    </div>
  )
}

function Home({ community, ...props }: CommunityHomeProps & { community: CommunityInfo }) {
  const manage = mayManage(community)
  const directory = useDirectory(community.community)
  return (
    <div className={styles.view}>
      <div className={styles.scroll}>
        <HomeHeader community={community} manage={manage} {...props} />
        <div className={styles.sections}>
          <Notices community={community} />
          <AnnouncementsCard community={community} manage={manage} />
          <MyGroups community={community} onNewGroup={manage ? props.onNewGroup : undefined} />
          <OtherGroups community={community} directory={directory} manage={manage} />
        </div>
      </div>
    </div>
  )
}

function Notices({ community }: { community: CommunityInfo }) {
  const t = useT()
  return (
    <>
      {community.alarm && (
        <div role="alert">
          <Notice
            look="danger"
            icon={<ShieldAlert size={20} aria-hidden />}
            title={t('community.alarm.title')}
          >
            {t('community.alarm.text')}
          </Notice>
        </div>
      )}
      {(community.state === 'founding' || community.state === 'joining') && (
        <div role="status">
          <Notice look="quiet" icon={<Spinner />}>
            {t(`community.${community.state}`)}
          </Notice>
        </div>
      )}
      <FullNotice community={community.community} />
    </>
  )
}

/** Some first groups had no room when one entered. */
function FullNotice({ community }: { community: string }) {
  const { t, tag } = useLanguage()
  const session = useSession()
  const full = useStore(session.full).get(community) ?? []
  const directory = useStore(session.directories).get(community) ?? []
  if (full.length === 0) return null
  const names = full.map((group) => directory.find((entry) => entry.group === group)?.name ?? group)
  const groups = new Intl.ListFormat(tag, { type: 'conjunction' }).format(names)
  return (
    <div role="status">
      <Notice
        look="warn"
        icon={<CircleAlert size={18} aria-hidden />}
        title={t('community.full.title')}
        action={
          <Button size="small" onClick={() => session.setFull(community, [])}>
            {t('alarm.dismiss')}
          </Button>
        }
      >
        {t('community.full.text', { count: full.length, groups })}
      </Notice>
    </div>
  )
}
