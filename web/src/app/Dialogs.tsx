import { NewDirect } from '../features/chats/NewDirect'
import { NewGroup } from '../features/chats/NewGroup'
import { OpenLink } from '../features/chats/OpenLink'
import { Switcher } from '../features/chats/Switcher'
import { NewCommunity } from '../features/communities/NewCommunity'
import { EditGroup } from '../features/details/EditGroup'
import { InviteDialog } from '../features/details/InviteDialog'
import { useCommunity } from '../lib/data/context'
import { communityTitle } from '../lib/data/titles'
import { useT } from '../lib/i18n'
import { navigate } from '../lib/router'
import { Dialog } from '../ui/Dialog'
import { ShortcutList } from '../ui/ShortcutList'

/** What lies over the page. */
export type Overlay =
  | { kind: 'direct'; to?: string }
  | { kind: 'group'; community?: string }
  | { kind: 'community' }
  | { kind: 'invite'; community: string }
  | { kind: 'edit'; community: string }
  | { kind: 'link' }
  | { kind: 'switcher' }
  | { kind: 'keys' }

interface DialogsProps {
  overlay: Overlay | null
  onClose: () => void
  onConversation: (id: string, within?: string) => void
}

export function Dialogs({ overlay, onClose, onConversation }: DialogsProps) {
  const t = useT()
  switch (overlay?.kind) {
    case 'direct':
      return <NewDirect to={overlay.to ?? ''} onClose={onClose} onDone={onConversation} />
    case 'group': {
      const { community } = overlay
      return (
        <NewGroup community={community} onClose={onClose} onDone={(id) => onConversation(id, community)} />
      )
    }
    case 'community':
      return (
        <NewCommunity
          onClose={onClose}
          onDone={(id) => {
            onClose()
            navigate({ at: 'community', id, pane: 'none' })
          }}
        />
      )
    case 'invite':
    case 'edit':
      return <CommunityDialog kind={overlay.kind} id={overlay.community} onClose={onClose} />
    case 'link':
      return (
        <OpenLink
          onClose={onClose}
          onTicket={(ticket) => {
            onClose()
            navigate({ at: 'invited', ticket })
          }}
        />
      )
    case 'switcher':
      return (
        <Switcher
          onClose={onClose}
          onPick={(route) => {
            onClose()
            navigate(route)
          }}
        />
      )
    case 'keys':
      return (
        <Dialog open onClose={onClose} title={t('keys.title')} closeLabel={t('app.close')}>
          <ShortcutList />
        </Dialog>
      )
    default:
      return null
  }
}

interface CommunityDialogProps {
  kind: 'invite' | 'edit'
  id: string
  onClose: () => void
}

/** What groups have too. */
function CommunityDialog({ kind, id, onClose }: CommunityDialogProps) {
  const t = useT()
  const community = useCommunity(id)
  if (!community) return null
  if (kind === 'invite') {
    return <InviteDialog target={{ id, name: communityTitle(t, community) }} onClose={onClose} />
  }
  const { name, description } = community
  return <EditGroup target={{ id, name, description, community: true }} onClose={onClose} />
}
