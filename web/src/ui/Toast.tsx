import { Toast as Base } from '@base-ui/react/toast'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import button from './Button.module.css'
import { cx } from './cx'
import styles from './Toast.module.css'

const toasts = Base.createToastManager()
/** What is said of a step that leads elsewhere is said there. */
const FRESH_MS = 1_000
let newest = { id: '', at: 0 }

/** Where one can go from what was done. */
interface ToastAction {
  label: string
  run: () => void
}

/** Says briefly that something was done, or why it was not. */
export function toast(text: string, kind: 'done' | 'error' = 'done', action?: ToastAction): void {
  const id = toasts.add({
    title: text,
    type: kind,
    timeout: kind === 'error' || action ? 8000 : 4000,
    priority: kind === 'error' ? 'high' : 'low',
    ...(action && { actionProps: { children: action.label, onClick: () => done(action) } }),
  })
  newest = { id, at: Date.now() }
  function done({ run }: ToastAction) {
    toasts.close(id)
    run()
  }
}

/** One has gone to another screen: what was said on the one before goes. */
export function clearToast(): void {
  if (newest.id !== '' && Date.now() - newest.at > FRESH_MS) toasts.close(newest.id)
}

interface ToasterProps {
  closeLabel: string
  label: string
  children: ReactNode
}

/** Around the page: where toasts appear. */
export function Toaster({ closeLabel, label, children }: ToasterProps) {
  return (
    <Base.Provider toastManager={toasts} limit={1}>
      {children}
      <Base.Portal>
        <Base.Viewport className={styles.viewport} aria-label={label}>
          <ToastList closeLabel={closeLabel} />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  )
}

function ToastList({ closeLabel }: { closeLabel: string }) {
  const { toasts: shown } = Base.useToastManager()
  return shown.map((item) => (
    <Base.Root
      key={item.id}
      toast={item}
      className={cx(styles.toast, item.type === 'error' && styles.error)}
      // The library hides urgent ones from screen readers, since it says them elsewhere: Tab would lead to nothing.
      aria-hidden={false}
    >
      <Base.Title className={styles.text} render={<p />} />
      {item.actionProps && <Base.Action className={styles.action} />}
      <Base.Close
        className={cx(button.icon, button.iconSmall, styles.close)}
        aria-hidden={false}
        aria-label={closeLabel}
      >
        <X size={16} aria-hidden />
      </Base.Close>
    </Base.Root>
  ))
}
