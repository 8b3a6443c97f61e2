import { useState } from 'react'
import type { JoinMode } from '../../core/api'
import { useCommunity, useSession } from '../../lib/data/context'
import { errorText } from '../../lib/data/errors'
import { communityTitle } from '../../lib/data/titles'
import { useTask } from '../../lib/data/useTask'
import { useT } from '../../lib/i18n'
import { Button } from '../../ui/Button'
import { Dialog, DialogActions } from '../../ui/Dialog'
import { ErrorNotice } from '../../ui/ErrorNotice'
import { NameFields, useNameFields } from '../../ui/NameFields'
import { RadioList } from '../../ui/RadioList'
import { Switch } from '../../ui/Switch'
import form from './NewForm.module.css'

const JOIN_MODES = ['open', 'invite'] as const satisfies readonly JoinMode[]

interface NewGroupProps {
  /** In which community; on its own when absent. */
  community?: string
  onClose: () => void
  onDone: (group: string) => void
}

/** A new group; people come in afterwards. */
export function NewGroup({ community: within, onClose, onDone }: NewGroupProps) {
  const t = useT()
  const session = useSession()
  const community = useCommunity(within ?? '')
  const fields = useNameFields({ name: '', description: '' })
  const [quantumSafe, setQuantumSafe] = useState(false)
  const [join, setJoin] = useState<JoinMode>('open')
  const task = useTask(async () => {
    const params = {
      name: fields.name,
      description: fields.description || null,
      quantum_safe: quantumSafe,
      ...(within && { community: within, join }),
    }
    const answer = await session.core.request({ method: 'group_create', params })
    onDone(answer.group)
  })

  return (
    <Dialog
      open
      onClose={onClose}
      title={community ? t('group.new.within', { name: communityTitle(t, community) }) : t('group.new.title')}
      description={within ? t('group.new.within.text') : t('group.new.text')}
      closeLabel={t('app.close')}
    >
      <form className={form.form} onSubmit={(event) => fields.submit(event, task.run)} noValidate>
        <NameFields fields={fields} />
        {within && (
          <RadioList
            label={t('group.join')}
            value={join}
            choices={JOIN_MODES.map((value) => ({
              value,
              label: t(`group.join.${value}`),
              note: t(`group.join.${value}.note`),
            }))}
            onChange={setJoin}
          />
        )}
        <Switch
          label={t('group.quantum')}
          note={t('group.quantum.note')}
          checked={quantumSafe}
          onChange={setQuantumSafe}
        />
        {task.error !== null && <ErrorNotice>{errorText(t, task.error)}</ErrorNotice>}
        <DialogActions>
          <Button onClick={onClose}>{t('app.cancel')}</Button>
          <Button type="submit" look="primary" busy={task.busy}>
            {t('group.new.submit')}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
