import { Megaphone } from 'lucide-react'
import type { FormEvent, KeyboardEvent } from 'react'
import { useSession } from '../../lib/data/context'
import { errorText } from '../../lib/data/errors'
import { NO_DRAFT } from '../../lib/data/session'
import type { Titled } from '../../lib/data/titles'
import { useDirectory } from '../../lib/data/useDirectory'
import { useTask } from '../../lib/data/useTask'
import { useT } from '../../lib/i18n'
import { isTooLong } from '../../lib/limits'
import { navigate } from '../../lib/router'
import { useStore } from '../../lib/store'
import { Button } from '../../ui/Button'
import { ErrorNotice } from '../../ui/ErrorNotice'
import { toast } from '../../ui/Toast'
import { AudienceButton, AudienceLine } from './Audience'
import { forgetKey, keyOf } from './announceKey'
import styles from './Composer.module.css'

/** Where an admin announces. It says who will read it, and nothing is sent by Enter alone: it may reach thousands. */
export function AnnounceBar({ item }: { item: Titled }) {
  const t = useT()
  const session = useSession()
  const community = item.community ?? ''
  const draft = useStore(session.drafts).get(item.group) ?? NO_DRAFT
  const { to } = draft
  const setTo = (to: readonly string[]) => session.setDraft(item.group, { ...draft, to })
  const { groups } = useDirectory(community)
  const tooLong = isTooLong(draft.text)
  const sendable = draft.text.trim() !== '' && !tooLong
  const task = useTask(async () => {
    const text = draft.text.trim()
    const params = { community, text, to: [...to], idempotency: keyOf(community, text, to) }
    await session.core.request({ method: 'announce', params }, { patienceMs: 120_000 })
    forgetKey(community)
    // Whom it is for stays until it is changed: what is meant for few must not reach everybody.
    session.setDraft(item.group, { ...NO_DRAFT, to })
    if (to.length === 0) return toast(t('announce.done'))
    const { list } = session.conversations.get()
    const id = to.find((group) => list.some((other) => other.group === group && other.state === 'active'))
    const show = {
      label: t('community.open'),
      run: () => id && navigate({ at: 'conversation', id, pane: 'none', within: community }),
    }
    toast(t('announce.done.groups', { count: to.length }), 'done', id ? show : undefined)
  })

  function submit(event: FormEvent) {
    event.preventDefault()
    if (sendable) task.run()
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.nativeEvent.isComposing) return
    event.preventDefault()
    if (sendable) task.run()
  }

  return (
    <form className={styles.announce} onSubmit={submit}>
      {task.error !== null && <ErrorNotice>{errorText(t, task.error)}</ErrorNotice>}
      <div className={styles.composer} data-invalid={tooLong ? '' : undefined}>
        <AudienceLine item={item} groups={groups} to={to} />
        <textarea
          id="composer"
          className={`${styles.input} ${styles.announceInput}`}
          rows={2}
          dir="auto"
          aria-label={t('announce.label')}
          aria-invalid={tooLong || undefined}
          aria-describedby={tooLong ? 'audience composer-problem' : 'audience'}
          placeholder={t('announce.hint')}
          readOnly={task.busy}
          value={draft.text}
          onChange={(event) => {
            task.clear()
            session.setDraft(item.group, { ...draft, text: event.target.value })
          }}
          onKeyDown={onKeyDown}
        />
        {tooLong && (
          <p id="composer-problem" className={styles.problem} role="alert">
            {t('compose.long')}
          </p>
        )}
        <div className={styles.announceEnd}>
          <AudienceButton item={item} groups={groups} to={to} onChange={setTo} />
          <Button
            type="submit"
            look="primary"
            size="small"
            className={styles.announceSend}
            icon={<Megaphone size={16} aria-hidden />}
            disabled={!sendable}
            busy={task.busy}
          >
            {t('announce.submit')}
          </Button>
        </div>
      </div>
    </form>
  )
}
