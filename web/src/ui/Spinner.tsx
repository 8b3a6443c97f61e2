import { cx } from './cx'
import styles from './Spinner.module.css'

interface SpinnerProps {
  large?: boolean
  /** Spoken; without it the spinner is decoration. */
  label?: string
}

/** Something is going on. */
export function Spinner({ large, label }: SpinnerProps) {
  const spinner = <span className={cx(styles.spinner, large && styles.large)} aria-hidden />
  if (!label) return spinner
  return (
    <span role="status">
      {spinner}
      <span className="visually-hidden">{label}</span>
    </span>
  )
}

/** Where something will be: `width` and `height` are CSS lengths. */
export function Skeleton({ width, height }: { width: string; height: string }) {
  return <span aria-hidden className={styles.skeleton} style={{ width, height }} />
}
