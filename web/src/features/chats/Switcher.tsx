import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { useCommunities, useConversations } from '../../lib/data/context'
import { communityTitle } from '../../lib/data/titles'
import { useT } from '../../lib/i18n'
import type { Route } from '../../lib/router'
import { Avatar } from '../../ui/Avatar'
import { UnreadBadge } from '../../ui/Badge'
import { ConversationAvatar } from '../../ui/ConversationAvatar'
import { BareDialog } from '../../ui/Dialog'
import styles from './Switcher.module.css'
import { nearest } from './view'

const SHOWN_MAX = 50
const MOVES: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 }

/** Where one can go. */
interface Place {
  id: string
  name: string
  handle?: string
  communityName?: string
  unread: number
  avatar: ReactNode
  route: Route
}

interface SwitcherProps {
  onClose: () => void
  onPick: (route: Route) => void
}

/** All conversations, latest first, and then the homes of the communities. */
function usePlaces(): Place[] {
  const t = useT()
  const { list } = useConversations()
  const conversations = list.map((item) => ({
    ...item,
    id: item.group,
    avatar: <ConversationAvatar item={item} size="small" />,
    route: { at: 'conversation', id: item.group, pane: 'none' } as const,
  }))
  const communities = useCommunities().map((community) => ({
    id: community.community,
    name: communityTitle(t, community),
    unread: 0,
    avatar: <Avatar id={community.community} name={community.name} kind="community" size="small" />,
    route: { at: 'community', id: community.community, pane: 'none' } as const,
  }))
  return [...conversations, ...communities]
}

/** Goes to a conversation or a community by a few letters of its name (Ctrl+K). */
export function Switcher({ onClose, onPick }: SwitcherProps) {
  const t = useT()
  const places = usePlaces()
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const found = nearest(places, typed).slice(0, SHOWN_MAX)
  const chosen = found[at]
  const picked = useRef(false)
  const options = useRef<HTMLDivElement>(null)

  // The chosen one moved.
  useEffect(() => {
    options.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [at])

  function pick({ route }: Place) {
    picked.current = true
    onPick(route)
  }

  function onKeyDown(event: KeyboardEvent) {
    const move = MOVES[event.key]
    if (move !== undefined && found.length > 0) {
      event.preventDefault()
      setAt((at + move + found.length) % found.length)
    }
    if (event.key === 'Enter' && chosen && !event.nativeEvent.isComposing) {
      event.preventDefault()
      pick(chosen)
    }
  }

  return (
    <BareDialog
      open
      onClose={onClose}
      label={t('switcher.title')}
      focusAfter={() => (picked.current ? document.getElementById('composer') : null)}
    >
      <input
        className={styles.input}
        role="combobox"
        aria-expanded
        aria-controls="switcher-list"
        aria-activedescendant={chosen ? `switch-${chosen.id}` : undefined}
        aria-label={t('switcher.title')}
        placeholder={t('switcher.hint')}
        autoComplete="off"
        dir="auto"
        value={typed}
        onKeyDown={onKeyDown}
        onChange={(event) => {
          setTyped(event.target.value)
          setAt(0)
        }}
      />
      <div
        ref={options}
        id="switcher-list"
        role="listbox"
        aria-label={t('chats.title')}
        className={styles.list}
      >
        {found.map((item, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above takes the keys
          <div
            key={item.id}
            id={`switch-${item.id}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            className={styles.option}
            onClick={() => pick(item)}
          >
            {item.avatar}
            <span className={styles.name}>
              <bdi>{item.name}</bdi>{' '}
              {(item.handle || item.communityName) && (
                <span className={styles.handle} dir="auto">
                  {item.handle ? `@${item.handle}` : item.communityName}
                </span>
              )}
            </span>
            <UnreadBadge count={item.unread} />
          </div>
        ))}
        {found.length === 0 && <p className={styles.none}>{t('switcher.none')}</p>}
      </div>
    </BareDialog>
  )
}
