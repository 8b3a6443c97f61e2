import type { ReactNode } from 'react'
import styles from './EmptyState.module.css'

interface EmptyStateProps {
  picture: ReactNode
  title: string
  text?: string
  /** What one can do about it. */
  actions?: ReactNode
}

/** There is nothing here, and this is why. */
export function EmptyState({ picture, title, text, actions }: EmptyStateProps) {
  return (
    <div className={styles.empty}>
      <span className={styles.picture} aria-hidden>
        {picture}
      </span>
      <p className={styles.title}>{title}</p>
      {text && <p className={styles.text}>{text}</p>}
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  )
}
