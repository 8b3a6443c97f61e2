import type { ReactNode } from 'react'
import styles from './Badge.module.css'
import { cx } from './cx'

interface BadgeProps {
  look?: 'star' | 'soft' | 'plain'
  /** What a screen reader says instead of the content. */
  label?: string
  children: ReactNode
}

/** A number or a word on something else. */
export function Badge({ look = 'plain', label, children }: BadgeProps) {
  return (
    <span className={cx(styles.badge, styles[look])}>
      {label ? (
        <>
          <span aria-hidden>{children}</span>
          <Hidden>{label}</Hidden>
        </>
      ) : (
        children
      )}
    </span>
  )
}

/** For screen readers only. */
export function Hidden({ children }: { children: ReactNode }) {
  return <span className="visually-hidden">{children}</span>
}
