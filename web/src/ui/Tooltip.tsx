import { Tooltip as Base } from '@base-ui/react/tooltip'
import type { ReactElement } from 'react'
import styles from './Popup.module.css'

interface TooltipProps {
  text: string
  keys?: string | undefined
  side?: 'top' | 'right'
  children: ReactElement
}

/** Says what a control does when the pointer or the focus rests on it. Never the only place where that is said. */
export function Tooltip({ text, keys, side = 'top', children }: TooltipProps) {
  return (
    <Base.Root>
      <Base.Trigger render={children} />
      <Base.Portal>
        <Base.Positioner side={side} sideOffset={6} className={styles.positioner}>
          <Base.Popup className={styles.tooltip}>
            {text}
            {keys && <kbd className={styles.keys}>{keys}</kbd>}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}

/** One for the page: after the first tooltip the next ones come without delay. */
export const TooltipProvider = Base.Provider
