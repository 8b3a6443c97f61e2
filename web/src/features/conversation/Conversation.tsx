import { MessageCircleOff, ShieldAlert } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { ConversationInfo } from '../../core/api'
import { useConversation, useSession } from '../../lib/data/context'
import { useT } from '../../lib/i18n'
import { navigate } from '../../lib/router'
import { useStore } from '../../lib/store'
import { Button } from '../../ui/Button'
import { EmptyState } from '../../ui/EmptyState'
import { Notice } from '../../ui/Notice'
import { Spinner } from '../../ui/Spinner'
import { Composer } from './Composer'
import styles from './Conversation.module.css'
import { Header } from './Header'
import { Messages } from './Messages'
import { RequestBar } from './RequestBar'
import { TypingLine } from './TypingLine'

interface ConversationProps {
  id: string
  detailsOpen: boolean
}

/** A conversation: who, what was written, and where to write. */
export function Conversation({ id, detailsOpen }: ConversationProps) {
  const t = useT()
  const item = useConversation(id)
  const { loaded } = useStore(useSession().conversations)
  if (item) return <Open key={id} item={item} detailsOpen={detailsOpen} />
  return (
    <div className={styles.view}>
      {loaded ? (
        <EmptyState
          picture={<MessageCircleOff size={28} />}
          title={t('chat.missing.title')}
          text={t('chat.missing.text')}
          actions={<Button onClick={() => navigate({ at: 'chats' }, 'replace')}>{t('join.home')}</Button>}
        />
      ) : (
        <EmptyState picture={<Spinner />} title={t('app.loading')} />
      )}
    </div>
  )
}

function Open({ item, detailsOpen }: { item: ConversationInfo; detailsOpen: boolean }) {
  const t = useT()
  const session = useSession()
  const [timeline] = useState(() => session.timeline(item.group))
  const stopped = item.alarm !== undefined

  // What came while the timeline was not followed, such as an earlier failure to read it.
  useEffect(() => {
    if (timeline.view.get().state === 'failed') void timeline.load()
  }, [timeline])

  return (
    <div className={styles.view}>
      <Header item={item} detailsOpen={detailsOpen} />
      {stopped && (
        <div role="alert">
          <Notice
            look="danger"
            bar
            icon={<ShieldAlert size={20} aria-hidden />}
            title={t('alarm.fork.title')}
          >
            {t('alarm.fork.text')}
          </Notice>
        </div>
      )}
      <Messages item={item} timeline={timeline} />
      <div className={styles.foot}>
        <div className={styles.inner}>
          <Foot item={item} stopped={stopped} />
        </div>
      </div>
    </div>
  )
}

function Foot({ item, stopped }: { item: ConversationInfo; stopped: boolean }) {
  const t = useT()
  if (stopped) return <Closed text={t('compose.stopped')} />
  if (item.state === 'request') return <RequestBar item={item} />
  if (item.state !== 'active') return <Closed text={t('compose.left')} />
  return (
    <>
      <TypingLine conversation={item.group} />
      <Composer item={item} />
    </>
  )
}

function Closed({ text }: { text: string }) {
  return (
    <div className={styles.closed}>
      <Notice look="quiet" icon={<MessageCircleOff size={18} aria-hidden />}>
        {text}
      </Notice>
    </div>
  )
}
