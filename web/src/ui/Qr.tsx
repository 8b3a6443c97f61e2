import { cx } from './cx'
import styles from './Qr.module.css'

interface QrProps {
  /** Rows of modules, true is dark. */
  modules: readonly (readonly boolean[])[]
  label: string
  className?: string
}

const QUIET = 4

/** A QR code, always dark on white: many cameras do not read the other way round. */
export function Qr({ modules, label, className }: QrProps) {
  const side = modules.length + 2 * QUIET
  const path = modules
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : '')))
    .join('')
  return (
    <svg
      className={cx(styles.qr, className)}
      viewBox={`0 0 ${side} ${side}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <path d={`M0 0h${side}v${side}H0z`} fill="#fff" />
      <path d={path} fill="#16131f" />
    </svg>
  )
}
