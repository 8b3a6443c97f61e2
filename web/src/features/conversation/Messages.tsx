import { Megaphone, MessageCircle } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import { useMe } from '../../lib/data/context'
import { nothingLine } from '../../lib/data/lastLine'
import type { Timeline } from '../../lib/data/timeline'
import type { Titled } from '../../lib/data/titles'
import { type Translate, useT } from '../../lib/i18n'
import { useStore } from '../../lib/store'
import { Button } from '../../ui/Button'
import { EmptyState } from '../../ui/EmptyState'
import { Spinner } from '../../ui/Spinner'
import { ArrivalLog } from './ArrivalLog'
import { earlierWords } from './BeginCard'
import { Feed } from './Feed'
import styles from './Messages.module.css'
import { rowsOf, unreadStart } from './rows'

interface MessagesProps {
  item: Titled
  timeline: Timeline
}

function emptyWords(t: Translate, item: Titled): { title: string; text: string } {
  const earlier = earlierWords(t, item)
  if (earlier !== null) return { title: nothingLine(t, item), text: earlier }
  if (item.kind !== 'announcements') return { title: t('chat.empty.title'), text: t('chat.empty.text') }
  const name = item.communityName ?? ''
  return { title: t('communities.line.none'), text: t('announcements.begin', { name }) }
}

/** What was written. */
export function Messages({ item, timeline }: MessagesProps) {
  const t = useT()
  const me = useMe().account
  const view = useStore(timeline.view)
  // The divider stays where it was when the conversation was opened.
  const [unreadAt, setUnreadAt] = useState<string | null | undefined>(undefined)
  const ready = view.state === 'ready'
  const [unread] = useState(item.unread)

  useEffect(() => {
    if (ready && unreadAt === undefined) setUnreadAt(unreadStart(view.messages, unread, me))
  }, [ready, unreadAt, view.messages, unread, me])

  const showLeft = item.role === 'owner' || item.role === 'admin'
  const rows = useMemo(
    () =>
      rowsOf({
        messages: view.messages,
        me,
        complete: view.older === 'none',
        unreadAt: unreadAt ?? null,
        showLeft,
      }),
    [view, me, unreadAt, showLeft],
  )

  if (view.state === 'failed') {
    return (
      <div className={styles.area}>
        <EmptyState
          picture={<MessageCircle size={28} />}
          title={t('error.internal')}
          actions={<Button onClick={() => void timeline.load()}>{t('app.retry')}</Button>}
        />
      </div>
    )
  }
  if (!ready || unreadAt === undefined) {
    return (
      <div className={styles.area}>
        <EmptyState picture={<Spinner />} title={t('app.loading')} />
      </div>
    )
  }
  return (
    <div className={styles.area}>
      <ArrivalLog messages={view.messages} me={me} />
      {rows.length === 0 ? (
        <div className={styles.empty}>
          <EmptyState
            picture={item.kind === 'announcements' ? <Megaphone size={28} /> : <MessageCircle size={28} />}
            {...emptyWords(t, item)}
          />
        </div>
      ) : (
        <Feed item={item} rows={rows} timeline={timeline} messages={view.messages} older={view.older} />
      )}
    </div>
  )
}
