import { Megaphone } from 'lucide-react'
import { useEffect } from 'react'
import type { MessageInfo } from '../../core/api'
import { useConversations, useSession } from '../../lib/data/context'
import type { Titled } from '../../lib/data/titles'
import { useLanguage } from '../../lib/i18n'
import { useStore } from '../../lib/store'
import styles from './FeedRow.module.css'

interface AnnouncementLineProps {
  message: MessageInfo
  item: Titled
}

/** That this was announced, not just written, and for whom: but for everybody, or for the one group where it stands. */
export function AnnouncementLine({ message, item }: AnnouncementLineProps) {
  const { t } = useLanguage()
  const targets = message.targets ?? []
  const here = item.kind === 'announcements' ? 0 : 1
  if (targets.length > here) return <ForGroups community={item.community ?? ''} targets={targets} />
  return here > 0 && <Line text={t('announcement.label')} />
}

function ForGroups({ community, targets }: { community: string; targets: readonly string[] }) {
  const { t, tag } = useLanguage()
  const session = useSession()
  const directory = useStore(session.directories).get(community) ?? []
  const { list } = useConversations()
  const names = targets.flatMap((id) => {
    const name =
      directory.find((entry) => entry.group === id)?.name || list.find((item) => item.group === id)?.name
    return name ? [name] : []
  })
  // Of groups that are gone nobody knows the names.
  const others = targets.length - names.length
  useEffect(() => {
    if (others > 0) session.wantDirectory(community)
  }, [others, session, community])

  const rest =
    others > 0 ? [t(names.length > 0 ? 'announcement.others' : 'announcement.groups', { count: others })] : []
  const groups = new Intl.ListFormat(tag, { type: 'conjunction' }).format([...names, ...rest])
  return <Line text={t('announcement.for', { groups })} />
}

function Line({ text }: { text: string }) {
  return (
    <span className={styles.announcement}>
      <Megaphone size={14} aria-hidden />
      <bdi>{text}</bdi>
    </span>
  )
}
