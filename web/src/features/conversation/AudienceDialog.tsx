import { type FormEvent, useState } from 'react'
import type { DirectoryInfo } from '../../core/api'
import { errorText } from '../../lib/data/errors'
import type { Loaded } from '../../lib/data/useLoaded'
import { folded } from '../../lib/fold'
import { useT } from '../../lib/i18n'
import { Button } from '../../ui/Button'
import { CheckList } from '../../ui/CheckList'
import { Dialog, DialogActions } from '../../ui/Dialog'
import { ErrorNotice } from '../../ui/ErrorNotice'
import { RadioList } from '../../ui/RadioList'
import { Skeleton } from '../../ui/Spinner'
import { TextField } from '../../ui/TextField'
import styles from './Composer.module.css'

/** Fewer need no search. */
const SEARCH_FROM = 12

interface AudienceDialogProps {
  /** Of the community. */
  name: string
  groups: Loaded<readonly DirectoryInfo[]>
  to: readonly string[]
  onClose: () => void
  onChosen: (to: readonly string[]) => void
}

/** For whom an announcement is: everybody, or the members of chosen groups. */
export function AudienceDialog({ name, groups, to, onClose, onChosen }: AudienceDialogProps) {
  const t = useT()
  const [whom, setWhom] = useState<'all' | 'groups'>(to.length > 0 ? 'groups' : 'all')
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(to))

  function submit(event: FormEvent) {
    event.preventDefault()
    onChosen(whom === 'all' ? [] : [...chosen])
  }

  return (
    <Dialog open onClose={onClose} title={t('announce.whom')} closeLabel={t('app.close')}>
      <form className={styles.audienceForm} onSubmit={submit}>
        <RadioList
          label={t('announce.whom.label')}
          hideLabel
          value={whom}
          choices={[
            { value: 'all', label: t('announce.whom.all'), note: t('announce.whom.all.note', { name }) },
            { value: 'groups', label: t('announce.whom.groups'), note: t('announce.whom.groups.note') },
          ]}
          onChange={setWhom}
        />
        {whom === 'groups' && groups.state === 'loading' && <Skeleton width="100%" height="3rem" />}
        {whom === 'groups' && groups.state === 'failed' && (
          <ErrorNotice>{errorText(t, groups.error)}</ErrorNotice>
        )}
        {whom === 'groups' && groups.state === 'ready' && (
          <Groups groups={groups.value} chosen={chosen} onChange={setChosen} />
        )}
        <DialogActions>
          <Button onClick={onClose}>{t('app.cancel')}</Button>
          <Button type="submit" look="primary" disabled={whom === 'groups' && chosen.size === 0}>
            {t('announce.choose.done')}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}

interface GroupsProps {
  groups: readonly DirectoryInfo[]
  chosen: ReadonlySet<string>
  onChange: (chosen: ReadonlySet<string>) => void
}

function Groups({ groups, chosen, onChange }: GroupsProps) {
  const t = useT()
  const [typed, setTyped] = useState('')
  const wanted = folded(typed).trim()
  const found = groups.filter((group) => folded(group.name).includes(wanted))
  return (
    <>
      {groups.length >= SEARCH_FROM && (
        <TextField
          label={t('community.others.search')}
          type="search"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      )}
      <CheckList
        label={t('announce.whom.groups')}
        chosen={chosen}
        choices={found.map((group) => ({
          value: group.group,
          label: group.name || t('name.pending'),
          note: group.members === undefined ? '' : t('chat.members', { count: group.members }),
        }))}
        onChange={onChange}
      />
    </>
  )
}
