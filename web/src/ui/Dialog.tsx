import { Dialog as Base } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import type { ReactNode, RefObject } from 'react'
import button from './Button.module.css'
import { cx } from './cx'
import styles from './Dialog.module.css'

interface DialogProps {
  open: boolean
  onClose: () => void
  title: string
  description?: string
  /** The name of the closing button. */
  closeLabel: string
  wide?: boolean
  initialFocus?: RefObject<HTMLElement | null>
  children: ReactNode
}

/** A question or a form over the page. On a phone it rises from below. */
export function Dialog(props: DialogProps) {
  const { open, onClose, title, description, closeLabel, wide, initialFocus, children } = props
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={styles.backdrop} />
        <Base.Popup data-over className={cx(styles.popup, wide && styles.wide)} initialFocus={initialFocus}>
          <header className={styles.head}>
            <div className={styles.titles}>
              <Base.Title className={styles.title}>{title}</Base.Title>
              {description && (
                <Base.Description className={styles.description}>{description}</Base.Description>
              )}
            </div>
            <Base.Close className={cx(button.icon, styles.close)} aria-label={closeLabel}>
              <X size={20} aria-hidden />
            </Base.Close>
          </header>
          <div className={styles.body}>{children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

/** The row of buttons at the end of a dialog. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={styles.actions}>{children}</div>
}

interface BareDialogProps extends Pick<DialogProps, 'open' | 'onClose' | 'children'> {
  label: string
  /** Where the focus goes afterwards, if not back. */
  focusAfter?: () => HTMLElement | null
}

/** A dialog at the top of the page that brings its own header, such as the switcher. */
export function BareDialog({ open, onClose, label, focusAfter, children }: BareDialogProps) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={styles.backdrop} />
        <Base.Popup
          data-over
          className={cx(styles.popup, styles.wide, styles.top)}
          aria-label={label}
          finalFocus={() => focusAfter?.() ?? true}
        >
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}
