import { ArrowUp, X } from 'lucide-react'
import { type ChangeEvent, type KeyboardEvent, useEffect, useRef } from 'react'
import type { ConversationInfo, MessageInfo } from '../../core/api'
import { useSession } from '../../lib/data/context'
import { errorText } from '../../lib/data/errors'
import { type Draft, NO_DRAFT } from '../../lib/data/session'
import { useT } from '../../lib/i18n'
import { isTooLong } from '../../lib/limits'
import { useStore } from '../../lib/store'
import { IconButton } from '../../ui/IconButton'
import { toast } from '../../ui/Toast'
import { Tooltip } from '../../ui/Tooltip'
import styles from './Composer.module.css'
import { useTypingSignal } from './useTypingSignal'

const TOUCH = '(hover: none) and (pointer: coarse)'

/** Where one writes. Enter sends, Shift+Enter begins a line; on a touch screen Enter begins a line. */
export function Composer({ item }: { item: ConversationInfo }) {
  const t = useT()
  const session = useSession()
  const draft = useStore(session.drafts).get(item.group) ?? NO_DRAFT
  const field = useRef<HTMLTextAreaElement>(null)
  const signalTyping = useTypingSignal(item.group)
  const tooLong = isTooLong(draft.text)
  const sendable = draft.text.trim() !== '' && !tooLong
  const set = (change: Partial<Draft>) => session.setDraft(item.group, { ...draft, ...change })

  // Whoever answers or opens a conversation wants to write; on a phone the keyboard would cover it.
  useEffect(() => {
    if (draft.replyTo || !matchMedia(TOUCH).matches) field.current?.focus()
  }, [draft.replyTo?.message])

  function send() {
    if (!sendable) return
    const sent = draft
    session.setDraft(item.group, NO_DRAFT)
    const params = {
      target: item.group,
      text: sent.text.trim(),
      reply_to: sent.replyTo?.message ?? null,
      queue: true,
    }
    session.core.request({ method: 'send', params }).catch((error: unknown) => {
      session.setDraft(item.group, sent)
      toast(errorText(t, error), 'error')
    })
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Escape' && draft.replyTo) {
      event.stopPropagation()
      set({ replyTo: null })
    }
    if (event.key === 'Enter' && !event.shiftKey && !matchMedia(TOUCH).matches) {
      event.preventDefault()
      send()
    }
  }

  function onChange(event: ChangeEvent<HTMLTextAreaElement>) {
    set({ text: event.target.value })
    if (event.target.value.trim() !== '') signalTyping()
  }

  return (
    <form
      className={styles.composer}
      data-invalid={tooLong ? '' : undefined}
      onSubmit={(event) => {
        event.preventDefault()
        send()
        field.current?.focus()
      }}
    >
      {draft.replyTo && <ReplyChip to={draft.replyTo} onCancel={() => set({ replyTo: null })} />}
      <div className={styles.row}>
        <textarea
          ref={field}
          id="composer"
          className={styles.input}
          rows={1}
          dir="auto"
          aria-label={t('compose.label', { name: item.name })}
          aria-invalid={tooLong || undefined}
          aria-describedby={tooLong ? 'composer-problem' : undefined}
          placeholder={t('compose.hint')}
          value={draft.text}
          onChange={onChange}
          onKeyDown={onKeyDown}
        />
        <Tooltip text={t('compose.send')} keys="Enter">
          <button type="submit" className={styles.send} disabled={!sendable} aria-label={t('compose.send')}>
            <ArrowUp size={20} strokeWidth={2.5} aria-hidden />
          </button>
        </Tooltip>
      </div>
      {tooLong && (
        <p id="composer-problem" className={styles.problem} role="alert">
          {t('compose.long')}
        </p>
      )}
    </form>
  )
}

function ReplyChip({ to, onCancel }: { to: MessageInfo; onCancel: () => void }) {
  const t = useT()
  return (
    <div className={styles.chip}>
      <div className={styles.chipWords}>
        <span className={styles.chipName}>{t('chat.reply.to', { name: to.sender.name })}</span>
        <span className={styles.chipText} dir="auto">
          {to.text ?? t('chat.deleted')}
        </span>
      </div>
      <IconButton
        small
        label={t('chat.reply.cancel')}
        icon={<X size={16} aria-hidden />}
        onClick={onCancel}
      />
    </div>
  )
}
