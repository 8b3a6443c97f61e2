import { Card } from '../../ui/Card'
import { ShortcutList } from '../../ui/ShortcutList'

/** The keyboard shortcuts. */
export function Shortcuts() {
  return (
    <Card>
      <ShortcutList />
    </Card>
  )
}
