import { CircleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { Notice } from './Notice'

/** What went wrong, spoken at once. */
export function ErrorNotice({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div role="alert">
      <Notice look="danger" icon={<CircleAlert size={18} aria-hidden />} action={action}>
        {children}
      </Notice>
    </div>
  )
}
