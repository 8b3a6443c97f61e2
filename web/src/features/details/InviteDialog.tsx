import { useState } from 'react'
import { useSession } from '../../lib/data/context'
import { useLoaded } from '../../lib/data/useLoaded'
import { useT } from '../../lib/i18n'
import { Dialog } from '../../ui/Dialog'
import { Tabs } from '../../ui/Tabs'
import { InviteList } from './InviteList'
import { NewInvite } from './NewInvite'

/** What a link leads to: a group or a community. */
export interface InviteTarget {
  id: string
  name: string
}

interface InviteDialogProps {
  target: InviteTarget
  onClose: () => void
}

/** Links into a group or a community: make one, see which there are, revoke them. */
export function InviteDialog({ target, onClose }: InviteDialogProps) {
  const t = useT()
  const { core } = useSession()
  const [tab, setTab] = useState<'new' | 'live'>('new')
  const [changes, setChanges] = useState(0)
  const changed = () => setChanges(changes + 1)
  const invites = useLoaded(
    () => core.request({ method: 'invite_list', params: { target: target.id } }),
    `${target.id} ${changes} ${tab}`,
  )
  const count = invites.state === 'ready' ? invites.value.length : 0
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('invite.title', { name: target.name })}
      description={t('invite.text')}
      closeLabel={t('app.close')}
    >
      <Tabs
        value={tab}
        onChange={setTab}
        tabs={[
          {
            value: 'new',
            label: t('invite.tab.new'),
            content: <NewInvite target={target.id} onMade={changed} />,
          },
          {
            value: 'live',
            label: t('invite.tab.live', { count }),
            content: <InviteList invites={invites} onRevoked={changed} />,
          },
        ]}
      />
    </Dialog>
  )
}
