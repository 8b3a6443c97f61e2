import { ArrowLeft, Ellipsis, Pencil, UserRoundPlus, Users, UsersRound } from 'lucide-react'
import type { CSSProperties } from 'react'
import type { CommunityInfo } from '../../core/api'
import { communityTitle } from '../../lib/data/titles'
import { useT } from '../../lib/i18n'
import { goBack, navigate } from '../../lib/router'
import { Avatar } from '../../ui/Avatar'
import { hueOf } from '../../ui/avatar'
import { Badge } from '../../ui/Badge'
import { Button } from '../../ui/Button'
import { IconButton } from '../../ui/IconButton'
import { Menu } from '../../ui/Menu'
import styles from './CommunityHome.module.css'

interface HomeHeaderProps {
  community: CommunityInfo
  manage: boolean
  membersOpen: boolean
  onInvite: () => void
  onEdit: () => void
  onNewGroup: () => void
}

/** What a community is, what one is in it, and what one may do. */
export function HomeHeader(props: HomeHeaderProps) {
  const t = useT()
  const { community, manage } = props
  return (
    <header className={styles.header}>
      <div
        className={styles.banner}
        style={{ '--hue': hueOf(community.community) } as CSSProperties}
        aria-hidden
      />
      <div className={styles.back}>
        <IconButton label={t('app.back')} icon={<ArrowLeft size={20} aria-hidden />} onClick={goBack} />
      </div>
      <div className={styles.about}>
        <div className={styles.face}>
          <Avatar id={community.community} name={community.name} kind="community" size="large" />
        </div>
        <h1 className={styles.name} dir="auto">
          {communityTitle(t, community)}
        </h1>
        <Facts community={community} />
        {community.description && (
          <p className={styles.description} dir="auto">
            {community.description}
          </p>
        )}
        {manage && <Actions {...props} />}
      </div>
    </header>
  )
}

/** One's role, and for admins how many there are. */
function Facts({ community }: { community: CommunityInfo }) {
  const t = useT()
  const { role, members, waiting } = community
  return (
    <p className={styles.facts}>
      <Badge look="soft">{t(`role.${role}`)}</Badge>
      {members !== undefined && members > 0 && (
        <span className={styles.fact}>
          <Users size={15} aria-hidden />
          {t('chat.members', { count: members })}
        </span>
      )}
      {waiting !== undefined && waiting > 0 && (
        <span className={styles.fact}>{t('community.waiting', { count: waiting })}</span>
      )}
    </p>
  )
}

function Actions({ community, membersOpen, onInvite, onEdit, onNewGroup }: HomeHeaderProps) {
  const t = useT()
  const toggle = () => {
    if (membersOpen) goBack()
    else navigate({ at: 'community', id: community.community, pane: 'members' })
  }
  return (
    <div className={styles.actions}>
      <Button look="primary" icon={<UserRoundPlus size={18} aria-hidden />} onClick={onInvite}>
        {t('details.invite')}
      </Button>
      <Button icon={<Users size={17} aria-hidden />} aria-pressed={membersOpen} onClick={toggle}>
        {t('details.members')}
      </Button>
      <Menu
        trigger={
          <IconButton
            className={styles.more}
            label={t('community.more')}
            icon={<Ellipsis size={20} aria-hidden />}
          />
        }
        items={[
          {
            id: 'group',
            text: t('community.group.new'),
            icon: <UsersRound size={18} aria-hidden />,
            onSelect: onNewGroup,
          },
          {
            id: 'edit',
            text: t('edit.title'),
            icon: <Pencil size={17} aria-hidden />,
            onSelect: onEdit,
          },
        ]}
      />
    </div>
  )
}
