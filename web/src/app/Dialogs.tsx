import { NewDirect } from '../features/chats/NewDirect'
import { NewGroup } from '../features/chats/NewGroup'
import { OpenLink } from '../features/chats/OpenLink'
import { Switcher } from '../features/chats/Switcher'
import { useT } from '../lib/i18n'
import { navigate } from '../lib/router'
import { Dialog } from '../ui/Dialog'
import { ShortcutList } from '../ui/ShortcutList'

/** What lies over the page. */
export type Overlay =
  | { kind: 'direct'; to?: string }
  | { kind: 'group' }
  | { kind: 'link' }
  | { kind: 'switcher' }
  | { kind: 'keys' }

interface DialogsProps {
  overlay: Overlay | null
  onClose: () => void
  onConversation: (id: string) => void
}

export function Dialogs({ overlay, onClose, onConversation }: DialogsProps) {
  const t = useT()
  switch (overlay?.kind) {
    case 'direct':
      return <NewDirect to={overlay.to ?? ''} onClose={onClose} onDone={onConversation} />
    case 'group':
      return <NewGroup onClose={onClose} onDone={onConversation} />
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
      return <Switcher onClose={onClose} onPick={onConversation} />
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
