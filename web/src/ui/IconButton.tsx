import type { ComponentProps, ReactNode } from 'react'
import styles from './Button.module.css'
import { cx } from './cx'
import { Tooltip } from './Tooltip'

export interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children' | 'aria-label'> {
  /** What it does: its accessible name and its tooltip. */
  label: string
  icon: ReactNode
  small?: boolean
  /** Keys that do the same, shown in the tooltip. */
  keys?: string
}

/** A button that is only a picture; its label is spoken and shown on hover. */
export function IconButton({ label, icon, small, keys, className, ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label} keys={keys}>
      <button
        type="button"
        {...rest}
        aria-label={label}
        className={cx(styles.icon, small && styles.iconSmall, className)}
      >
        {icon}
      </button>
    </Tooltip>
  )
}
