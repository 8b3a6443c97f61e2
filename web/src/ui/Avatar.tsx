import type { CSSProperties } from 'react'
import styles from './Avatar.module.css'
import { hueOf, initials } from './avatar'
import { cx } from './cx'

interface AvatarProps {
  /** Decides the colour, so that a person keeps theirs when they change their name. */
  id: string
  name: string
  kind?: 'person' | 'group'
  size?: 'small' | 'normal' | 'large'
}

/** A person or a group at a glance. The name always stands beside it, so it is silent for screen readers. */
export function Avatar({ id, name, kind = 'person', size = 'normal' }: AvatarProps) {
  return (
    <span
      aria-hidden
      className={cx(styles.avatar, kind === 'group' && styles.group, styles[size])}
      style={{ '--hue': hueOf(id) } as CSSProperties}
    >
      {initials(name)}
    </span>
  )
}
