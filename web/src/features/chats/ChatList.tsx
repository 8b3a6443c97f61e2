import { MessageCircleDashed, SearchX } from 'lucide-react'
import { useState } from 'react'
import { useConversations } from '../../lib/data/context'
import { useT } from '../../lib/i18n'
import { Button } from '../../ui/Button'
import { EmptyState } from '../../ui/EmptyState'
import { Segmented } from '../../ui/Segmented'
import styles from './ChatList.module.css'
import { ChatRows } from './ChatRows'
import { ChatSkeletons } from './ChatSkeletons'
import { NewMenu, type NewWhat } from './NewMenu'
import { SearchField } from './SearchField'
import { type Filter, matching } from './view'

const FILTERS = ['all', 'unread', 'groups', 'direct'] as const satisfies readonly Filter[]

interface ChatListProps {
  current: string | null
  onNew: (what: NewWhat) => void
}

/** All conversations, latest first. */
export function ChatList({ current, onNew }: ChatListProps) {
  const t = useT()
  const { loaded, list } = useConversations()
  const [typed, setTyped] = useState('')
  const [filter, setFilter] = useState<Filter>('all')
  const shown = matching(list, typed, filter)
  const reset = () => {
    setTyped('')
    setFilter('all')
  }
  return (
    <section className={styles.pane} aria-label={t('chats.title')}>
      <header className={styles.head}>
        <div className={styles.top}>
          <h2 className={styles.title}>{t('chats.title')}</h2>
          <NewMenu onNew={onNew} />
        </div>
        {list.length > 0 && (
          <>
            <SearchField label={t('chats.search')} value={typed} onChange={setTyped} />
            <Segmented
              label={t('chats.filter')}
              hideLabel
              value={filter}
              choices={FILTERS.map((value) => ({ value, label: t(`chats.filter.${value}`) }))}
              onChange={setFilter}
            />
          </>
        )}
      </header>
      {!loaded && <ChatSkeletons />}
      {loaded && list.length === 0 && (
        <EmptyState
          picture={<MessageCircleDashed size={28} />}
          title={t('chats.none.title')}
          text={t('chats.none.text')}
          actions={
            <>
              <Button look="primary" onClick={() => onNew('direct')}>
                {t('chats.new.direct')}
              </Button>
              <Button onClick={() => onNew('group')}>{t('chats.new.group')}</Button>
              <Button onClick={() => onNew('community')}>{t('communities.new')}</Button>
            </>
          }
        />
      )}
      {list.length > 0 && shown.length === 0 && (
        <EmptyState
          picture={<SearchX size={28} />}
          title={t('chats.nothing.title')}
          text={t('chats.nothing.text')}
          actions={<Button onClick={reset}>{t('chats.nothing.reset')}</Button>}
        />
      )}
      {shown.length > 0 && <ChatRows shown={shown} current={current} />}
    </section>
  )
}
