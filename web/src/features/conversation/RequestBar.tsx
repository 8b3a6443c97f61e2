import { useState } from 'react'
import type { ConversationInfo } from '../../core/api'
import { useSession } from '../../lib/data/context'
import { errorText } from '../../lib/data/errors'
import { useTask } from '../../lib/data/useTask'
import { useT } from '../../lib/i18n'
import { navigate } from '../../lib/router'
import { Button } from '../../ui/Button'
import { Dialog, DialogActions } from '../../ui/Dialog'
import { ErrorNotice } from '../../ui/ErrorNotice'
import { toast } from '../../ui/Toast'
import styles from './Conversation.module.css'

/** A stranger's first message: accept, or refuse and never see it again. */
export function RequestBar({ item }: { item: ConversationInfo }) {
  const t = useT()
  const session = useSession()
  const [refusing, setRefusing] = useState(false)
  const answer = useTask(async (accept: boolean) => {
    await session.core.request({ method: 'answer_request', params: { target: item.group, accept } })
    if (accept) return
    toast(t('request.refused'))
    navigate({ at: 'chats' }, 'replace')
  })
  return (
    <section className={styles.request} aria-label={t('chats.request')}>
      <div>
        <p className={styles.requestTitle}>{t('request.title', { name: item.name })}</p>
        <p className={styles.requestText}>{t('request.text', { handle: item.handle ?? '' })}</p>
      </div>
      {answer.error !== null && <ErrorNotice>{errorText(t, answer.error)}</ErrorNotice>}
      <div className={styles.requestButtons}>
        <Button look="primary" busy={answer.busy} onClick={() => answer.run(true)}>
          {t('request.accept')}
        </Button>
        <Button disabled={answer.busy} onClick={() => setRefusing(true)}>
          {t('request.refuse')}
        </Button>
      </div>
      {refusing && (
        <Dialog
          open
          onClose={() => setRefusing(false)}
          title={t('request.refuse.title', { name: item.name })}
          closeLabel={t('app.close')}
        >
          <p>{t('request.refuse.text')}</p>
          <DialogActions>
            <Button onClick={() => setRefusing(false)}>{t('app.cancel')}</Button>
            <Button look="danger" busy={answer.busy} onClick={() => answer.run(false)}>
              {t('request.refuse')}
            </Button>
          </DialogActions>
        </Dialog>
      )}
    </section>
  )
}
