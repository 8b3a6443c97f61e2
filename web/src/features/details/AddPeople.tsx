import { type FormEvent, useState } from 'react'
import type { ConversationInfo } from '../../core/api'
import { useSession } from '../../lib/data/context'
import { errorText } from '../../lib/data/errors'
import { useTask } from '../../lib/data/useTask'
import { useT } from '../../lib/i18n'
import { isHandle } from '../../lib/limits'
import { Button } from '../../ui/Button'
import { TextField } from '../../ui/TextField'
import { toast } from '../../ui/Toast'
import styles from './Details.module.css'
import { handlesIn } from './rights'

/** Adds people by their handles: all of them, or nobody. */
export function AddPeople({ item }: { item: ConversationInfo }) {
  const t = useT()
  const { core } = useSession()
  const [typed, setTyped] = useState('')
  const [wrong, setWrong] = useState<string | null>(null)
  const add = useTask(async (handles: string[]) => {
    await core.request({ method: 'group_add', params: { target: item.group, handles } })
    setTyped('')
    toast(t('add.done', { count: handles.length }))
  })

  function submit(event: FormEvent) {
    event.preventDefault()
    const handles = handlesIn(typed)
    const bad = handles.find((handle) => !isHandle(handle))
    setWrong(bad ?? null)
    if (handles.length > 0 && bad === undefined) add.run(handles)
  }

  const error = wrong === null ? add.error && errorText(t, add.error) : t('add.invalid', { handle: wrong })
  return (
    <form className={styles.addRow} onSubmit={submit} noValidate>
      <TextField
        label={t('add.label')}
        note={t('add.note')}
        error={error ? String(error) : null}
        prefix="@"
        autoCapitalize="none"
        autoComplete="off"
        spellCheck={false}
        dir="ltr"
        value={typed}
        onChange={(event) => {
          setWrong(null)
          add.clear()
          setTyped(event.target.value)
        }}
      />
      <Button type="submit" className={styles.addButton} busy={add.busy} disabled={typed.trim() === ''}>
        {t('add.submit')}
      </Button>
    </form>
  )
}
