import { type ReactNode, useMemo, useState } from 'react'
import type { MessageInfo } from '../../core/api'
import { useT } from '../../lib/i18n'
import { isJumbo, linkify } from '../../lib/linkify'
import { cx } from '../../ui/cx'
import styles from './FeedRow.module.css'

const LONG_CHARS = 1_800
const LONG_LINES = 26

interface MessageTextProps {
  message: MessageInfo
  /** Keeps room at the end of the last line for the time. */
  children: ReactNode
}

/** The text, with its addresses as links. Plain text in, elements out: no HTML is ever made. */
export function MessageText({ message, children }: MessageTextProps) {
  const t = useT()
  const [open, setOpen] = useState(false)
  const text = message.text
  const pieces = useMemo(() => linkify(text ?? ''), [text])
  if (text === null) {
    return (
      <p className={cx(styles.text, styles.muted)}>
        {t('chat.deleted')}
        {children}
      </p>
    )
  }
  const long = text.length > LONG_CHARS || text.split('\n', LONG_LINES).length === LONG_LINES
  return (
    <>
      <p className={cx(styles.text, isJumbo(text) && styles.jumbo, long && !open && styles.clamped)}>
        {pieces.map((piece, index) =>
          piece.kind === 'text' ? (
            piece.text
          ) : (
            // The pieces of a text stand still.
            <a key={index} href={piece.href} target="_blank" rel="noopener noreferrer">
              {piece.text}
            </a>
          ),
        )}
        {!long && children}
      </p>
      {long && (
        <div>
          <button type="button" className={styles.more} onClick={() => setOpen(!open)}>
            {open ? t('chat.less') : t('chat.more')}
          </button>
          {children}
        </div>
      )}
    </>
  )
}
