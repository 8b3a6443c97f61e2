import type { ComponentProps, ReactNode } from 'react'
import styles from './Button.module.css'
import { cx } from './cx'
import { Spinner } from './Spinner'

export interface ButtonProps extends ComponentProps<'button'> {
  look?: 'primary' | 'secondary' | 'quiet' | 'danger'
  size?: 'small' | 'normal' | 'large'
  wide?: boolean
  /** Shows a spinner and refuses clicks; the label stays, so that the width does. */
  busy?: boolean
  icon?: ReactNode
}

/** A button with a text. */
export function Button(props: ButtonProps) {
  const {
    look = 'secondary',
    size = 'normal',
    wide,
    busy,
    icon,
    className,
    children,
    disabled,
    ...rest
  } = props
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={cx(styles.button, styles[look], styles[size], wide && styles.wide, className)}
    >
      {busy ? <Spinner /> : icon}
      <span>{children}</span>
    </button>
  )
}
