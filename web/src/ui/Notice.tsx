import type { ReactNode } from 'react'
import { cx } from './cx'
import styles from './Notice.module.css'

interface NoticeProps {
  look?: 'info' | 'warn' | 'danger' | 'quiet'
  icon: ReactNode
  title?: string
  /** Across the whole width, without corners. */
  bar?: boolean
  action?: ReactNode
  children?: ReactNode
}

/** Something to know about what is beside it. */
export function Notice({ look = 'info', icon, title, bar, action, children }: NoticeProps) {
  return (
    <div className={cx(styles.notice, styles[look], bar && styles.bar)}>
      {icon}
      <div className={styles.body}>
        {title && <p className={styles.title}>{title}</p>}
        {children}
      </div>
      {action}
    </div>
  )
}
