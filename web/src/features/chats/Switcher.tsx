import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { useConversations } from '../../lib/data/context'
import { useT } from '../../lib/i18n'
import { Badge } from '../../ui/Badge'
import { ConversationAvatar } from '../../ui/ConversationAvatar'
import { BareDialog } from '../../ui/Dialog'
import styles from './Switcher.module.css'
import { matching } from './view'

const SHOWN_MAX = 50
const MOVES: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 }

interface SwitcherProps {
  onClose: () => void
  onPick: (conversation: string) => void
}

/** Goes to a conversation by a few letters of its name (Ctrl+K). */
export function Switcher({ onClose, onPick }: SwitcherProps) {
  const t = useT()
  const { list } = useConversations()
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const found = matching(list, typed).slice(0, SHOWN_MAX)
  const chosen = found[at]
  const picked = useRef(false)
  const options = useRef<HTMLDivElement>(null)

  // The chosen one moved.
  useEffect(() => {
    options.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [at])

  function pick(conversation: string) {
    picked.current = true
    onPick(conversation)
  }

  function onKeyDown(event: KeyboardEvent) {
    const move = MOVES[event.key]
    if (move !== undefined && found.length > 0) {
      event.preventDefault()
      setAt((at + move + found.length) % found.length)
    }
    if (event.key === 'Enter' && chosen && !event.nativeEvent.isComposing) {
      event.preventDefault()
      pick(chosen.group)
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
        aria-activedescendant={chosen ? `switch-${chosen.group}` : undefined}
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
            key={item.group}
            id={`switch-${item.group}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            className={styles.option}
            onClick={() => pick(item.group)}
          >
            <ConversationAvatar item={item} size="small" />
            <span className={styles.name}>
              <bdi>{item.name}</bdi>{' '}
              {(item.handle || item.communityName) && (
                <span className={styles.handle} dir="auto">
                  {item.handle ? `@${item.handle}` : item.communityName}
                </span>
              )}
            </span>
            {item.unread > 0 && (
              <Badge look="star" label={t('nav.unread', { count: item.unread })}>
                {item.unread}
              </Badge>
            )}
          </div>
        ))}
        {found.length === 0 && <p className={styles.none}>{t('switcher.none')}</p>}
      </div>
    </BareDialog>
  )
}
