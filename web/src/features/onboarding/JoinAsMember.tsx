import { errorText } from '../../lib/data/errors'
import type { Session } from '../../lib/data/session'
import { useTask } from '../../lib/data/useTask'
import { useT } from '../../lib/i18n'
import { useStore } from '../../lib/store'
import { Button } from '../../ui/Button'
import { ErrorNotice } from '../../ui/ErrorNotice'
import styles from './Form.module.css'
import type { LinkPreview } from './InvitedGroup'

interface JoinAsMemberProps {
  session: Session
  link: string
  group: LinkPreview
  onJoined: (group: string) => void
}

/** Who has an account enters with one button. */
export function JoinAsMember({ session, link, group, onJoined }: JoinAsMemberProps) {
  const t = useT()
  const me = useStore(session.me)
  const join = useTask(async () => {
    const answer = await session.core.request({ method: 'join', params: { link } }, { patienceMs: 60_000 })
    onJoined(answer.group)
  })
  if (group.joined) {
    return (
      <div className={styles.stack}>
        <p className={styles.text}>{t('join.already')}</p>
        <Button look="primary" size="large" wide onClick={() => onJoined(group.group)}>
          {t('join.open')}
        </Button>
      </div>
    )
  }
  return (
    <div className={styles.stack}>
      {join.error !== null && <ErrorNotice>{errorText(t, join.error)}</ErrorNotice>}
      <Button look="primary" size="large" wide busy={join.busy} onClick={() => join.run()}>
        {t('join.submit', { name: group.name })}
      </Button>
      <p className={styles.meta}>{t('join.as', { name: me.name, handle: me.handle })}</p>
    </div>
  )
}
