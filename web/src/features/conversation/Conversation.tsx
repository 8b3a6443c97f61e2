import { Megaphone, MessageCircleOff, ShieldAlert } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { useAlarms, useConversation, useSession } from '../../lib/data/context'
import type { Titled } from '../../lib/data/titles'
import { useT } from '../../lib/i18n'
import { navigate } from '../../lib/router'
import { useStore } from '../../lib/store'
import { AlarmNotices } from '../../ui/AlarmNotices'
import { Button } from '../../ui/Button'
import { EmptyState } from '../../ui/EmptyState'
import { Notice } from '../../ui/Notice'
import { Spinner } from '../../ui/Spinner'
import { AnnounceBar } from './AnnounceBar'
import { Composer } from './Composer'
import styles from './Conversation.module.css'
import { Header } from './Header'
import { Messages } from './Messages'
import { RequestBar } from './RequestBar'
import { TypingLine } from './TypingLine'

interface ConversationProps {
  id: string
  /** The community whose list one came from. */
  within: string | undefined
  detailsOpen: boolean
}

/** A conversation: who, what was written, and where to write. */
export function Conversation({ id, within, detailsOpen }: ConversationProps) {
  const t = useT()
  const item = useConversation(id)
  const { loaded } = useStore(useSession().conversations)
  if (item) return <Open key={id} item={item} within={within} detailsOpen={detailsOpen} />
  return (
    <div className={styles.view}>
      <h1 className="visually-hidden">{t('chats.title')}</h1>
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

interface OpenProps extends Omit<ConversationProps, 'id'> {
  item: Titled
}

function Open({ item, within, detailsOpen }: OpenProps) {
  const t = useT()
  const session = useSession()
  const [timeline] = useState(() => session.timeline(item.group))
  const stopped = item.alarm !== undefined
  const alarms = useAlarms(item.group)

  // What came while the timeline was not followed, such as an earlier failure to read it.
  useEffect(() => {
    if (timeline.view.get().state === 'failed') void timeline.load()
  }, [timeline])

  return (
    <div className={styles.view}>
      <Header item={item} within={within} detailsOpen={detailsOpen} />
      {stopped && (
        <div role="alert">
          <Notice
            look="danger"
            bar
            icon={<ShieldAlert size={20} aria-hidden />}
            title={t('alarm.fork_detected.title')}
          >
            {t('alarm.fork_detected.text')}
          </Notice>
        </div>
      )}
      {alarms.length > 0 && (
        <div className={styles.alarms}>
          <AlarmNotices
            alarms={alarms}
            onUnderstood={(alarm) => session.alarms.understand(alarm, Date.now())}
          />
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

function Foot({ item, stopped }: { item: Titled; stopped: boolean }) {
  const t = useT()
  if (stopped) return <Closed text={t('compose.stopped')} />
  if (item.state === 'request') return <RequestBar item={item} />
  if (item.state !== 'active') return <Closed text={t('compose.left')} />
  if (item.kind === 'announcements') {
    return item.role === 'owner' || item.role === 'admin' ? (
      <AnnounceBar item={item} />
    ) : (
      <Closed text={t('announcements.closed')} icon={<Megaphone size={18} aria-hidden />} />
    )
  }
  return (
    <>
      <TypingLine conversation={item.group} />
      <Composer item={item} />
    </>
  )
}

function Closed({ text, icon }: { text: string; icon?: ReactNode }) {
  return (
    <div className={styles.closed}>
      <Notice look="quiet" icon={icon ?? <MessageCircleOff size={18} aria-hidden />}>
        {text}
      </Notice>
    </div>
  )
}
