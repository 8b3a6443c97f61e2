import type { ReactNode } from 'react'
import { useT } from '../lib/i18n'
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

interface UnreadBadgeProps {
  count: number
  /** What is more than that is said to be. */
  max?: number
}

/** How many messages are unread; nothing when none is. */
export function UnreadBadge({ count, max = 999 }: UnreadBadgeProps) {
  const t = useT()
  if (count === 0) return null
  return (
    <Badge look="star" label={t('nav.unread', { count })}>
      {count > max ? `${max}+` : count}
    </Badge>
  )
}

/** For screen readers only. */
export function Hidden({ children }: { children: ReactNode }) {
  return <span className="visually-hidden">{children}</span>
}
