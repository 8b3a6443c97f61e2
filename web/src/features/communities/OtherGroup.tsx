import { Lock } from 'lucide-react'
import type { DirectoryInfo } from '../../core/api'
import { useSession } from '../../lib/data/context'
import { errorText } from '../../lib/data/errors'
import { useTask } from '../../lib/data/useTask'
import { useT } from '../../lib/i18n'
import { GROUP_MEMBERS_MAX } from '../../lib/limits'
import { navigate } from '../../lib/router'
import { Avatar } from '../../ui/Avatar'
import { Badge } from '../../ui/Badge'
import { Button } from '../../ui/Button'
import { ErrorNotice } from '../../ui/ErrorNotice'
import { toast } from '../../ui/Toast'
import styles from './CommunityHome.module.css'

interface OtherGroupProps {
  group: DirectoryInfo
  community: string
  onEntered: () => void
}

/** A group that one is not in: what it is about, and the way in. */
export function OtherGroup({ group, community, onEntered }: OtherGroupProps) {
  const t = useT()
  const { core } = useSession()
  const name = group.name || t('name.pending')
  const join = useTask(async () => {
    await core.request({ method: 'group_join', params: { target: group.group } })
    onEntered()
    toast(t('community.entered', { name }), 'done', {
      label: t('community.open.label', { name }),
      run: () => navigate({ at: 'conversation', id: group.group, pane: 'none', within: community }),
    })
  })
  return (
    <li className={styles.other}>
      <Avatar id={group.group} name={group.name} kind="group" />
      <div className={styles.otherWords}>
        <p className={styles.otherName} dir="auto">
          {name}
        </p>
        {group.description && (
          <p className={styles.otherText} dir="auto">
            {group.description}
          </p>
        )}
        {group.members !== undefined && (
          <p className={styles.otherFacts}>{t('chat.members', { count: group.members })}</p>
        )}
      </div>
      <WayIn group={group} name={name} busy={join.busy} onJoin={() => join.run()} />
      {join.error !== null && (
        <div className={styles.otherError}>
          <ErrorNotice>{errorText(t, join.error)}</ErrorNotice>
        </div>
      )}
    </li>
  )
}

interface WayInProps {
  group: DirectoryInfo
  name: string
  busy: boolean
  onJoin: () => void
}

function WayIn({ group, name, busy, onJoin }: WayInProps) {
  const t = useT()
  if (group.join === 'invite') {
    return (
      <Badge label={t('group.join.invite')}>
        <span className={styles.locked}>
          <Lock size={13} aria-hidden />
          {t('group.join.invite')}
        </span>
      </Badge>
    )
  }
  if (group.members !== undefined && group.members >= GROUP_MEMBERS_MAX) {
    return <Badge>{t('community.full')}</Badge>
  }
  return (
    <Button
      look="primary"
      size="small"
      busy={busy}
      aria-label={t('community.join.label', { name })}
      onClick={onJoin}
    >
      {t('community.join')}
    </Button>
  )
}
