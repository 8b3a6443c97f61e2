import { ArrowLeft, House, PanelRight } from 'lucide-react'
import type { Titled } from '../../lib/data/titles'
import { type Translate, useT } from '../../lib/i18n'
import { goBack, navigate } from '../../lib/router'
import { ConversationAvatar } from '../../ui/ConversationAvatar'
import { IconButton } from '../../ui/IconButton'
import styles from './Conversation.module.css'

function subline(t: Translate, item: Titled): string {
  if (item.kind === 'direct') return item.handle ? `@${item.handle}` : ''
  const { members } = item
  // Where there is little room, the end is cut.
  const parts = [members !== undefined && t('chat.members', { count: members }), item.communityName]
  return parts.filter(Boolean).join(' · ')
}

interface HeaderProps {
  item: Titled
  /** The community whose list one came from. */
  within: string | undefined
  detailsOpen: boolean
}

/** Whom one is talking to. */
export function Header({ item, within, detailsOpen }: HeaderProps) {
  const t = useT()
  return (
    <header className={styles.header}>
      <IconButton
        className={styles.back}
        label={t('app.back')}
        icon={<ArrowLeft size={20} aria-hidden />}
        onClick={goBack}
      />
      <div className={styles.who}>
        <ConversationAvatar item={item} />
        <div className={styles.words}>
          <h1 className={styles.name} dir="auto">
            {item.name}
          </h1>
          <p className={styles.sub} dir="auto">
            {subline(t, item)}
          </p>
        </div>
      </div>
      {item.kind === 'announcements' ? (
        <HomeButton community={item.community} />
      ) : (
        <IconButton
          label={t('chat.details')}
          icon={<PanelRight size={20} aria-hidden />}
          aria-pressed={detailsOpen}
          onClick={() => {
            if (detailsOpen) goBack()
            else {
              navigate({
                at: 'conversation',
                id: item.group,
                pane: 'details',
                ...(within && { within }),
              })
            }
          }}
        />
      )}
    </header>
  )
}

/** Announcements have no details of their own: they are their community's. */
function HomeButton({ community }: { community: string | undefined }) {
  const t = useT()
  if (!community) return null
  return (
    <IconButton
      label={t('community.home')}
      icon={<House size={20} aria-hidden />}
      onClick={() => navigate({ at: 'community', id: community, pane: 'none' })}
    />
  )
}
