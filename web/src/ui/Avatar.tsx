import type { CSSProperties, ReactNode } from 'react'
import styles from './Avatar.module.css'
import { hueOf, initials } from './avatar'
import { cx } from './cx'

interface AvatarProps {
  /** Decides the colour, so that a person keeps theirs when they change their name. */
  id: string
  name: string
  kind?: 'person' | 'group' | 'community'
  /** Instead of the initials. */
  icon?: ReactNode
  size?: 'small' | 'normal' | 'large'
}

/** A person, a group or a community at a glance. The name always stands beside it, so it is silent for screen readers. */
export function Avatar({ id, name, kind = 'person', icon, size = 'normal' }: AvatarProps) {
  return (
    <span
      aria-hidden
      className={cx(styles.avatar, kind !== 'person' && styles[kind], styles[size])}
      style={{ '--hue': hueOf(id) } as CSSProperties}
    >
      {icon ?? initials(name)}
    </span>
  )
}
