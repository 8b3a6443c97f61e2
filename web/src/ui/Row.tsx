import type { ReactNode } from 'react'
import styles from './Row.module.css'

export interface RowProps {
  start?: ReactNode
  title: ReactNode
  sub?: ReactNode
  end?: ReactNode
}

/** A line of a list that only shows something. */
export function Row({ start, title, sub, end }: RowProps) {
  return (
    <div className={styles.row}>
      {start}
      <span className={styles.words}>
        <span className={styles.title} dir="auto">
          {title}
        </span>
        {sub && <span className={styles.sub}>{sub}</span>}
      </span>
      {end && <span className={styles.end}>{end}</span>}
    </div>
  )
}

export { styles as rowStyles }
