import { errorText } from '../../lib/data/errors'
import type { Session } from '../../lib/data/session'
import { useTask } from '../../lib/data/useTask'
import { useT } from '../../lib/i18n'
import { useStore } from '../../lib/store'
import { Button } from '../../ui/Button'
import { ErrorNotice } from '../../ui/ErrorNotice'
import styles from './Form.module.css'
import type { LinkPreview } from './InvitedGroup'
import { type Joined, join } from './joined'

interface JoinAsMemberProps {
  session: Session
  link: string
  group: LinkPreview
  onJoined: (joined: Joined) => void
}

/** Who has an account enters with one button. */
export function JoinAsMember({ session, link, group, onJoined }: JoinAsMemberProps) {
  const t = useT()
  const me = useStore(session.me)
  const task = useTask(async () => onJoined(await join(session, link)))
  const community = group.kind === 'community'
  if (group.joined) {
    return (
      <div className={styles.stack}>
        <p className={styles.text}>{t(community ? 'join.already.community' : 'join.already')}</p>
        <Button
          look="primary"
          size="large"
          wide
          onClick={() => onJoined(community ? { community: group.group } : { group: group.group })}
        >
          {t(community ? 'join.open.community' : 'join.open')}
        </Button>
      </div>
    )
  }
  return (
    <div className={styles.stack}>
      {task.error !== null && <ErrorNotice>{errorText(t, task.error)}</ErrorNotice>}
      <Button look="primary" size="large" wide busy={task.busy} onClick={() => task.run()}>
        {t('join.submit', { name: group.name })}
      </Button>
      <p className={styles.meta}>{t('join.as', { name: me.name, handle: me.handle })}</p>
    </div>
  )
}
