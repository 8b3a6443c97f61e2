import { useT } from '../../lib/i18n'
import { Skeleton } from '../../ui/Spinner'
import styles from './ChatList.module.css'

const WIDTHS = ['62%', '48%', '70%', '54%', '66%'] as const

/** Where the conversations will be. */
export function ChatSkeletons() {
  const t = useT()
  return (
    <div className={styles.skeletons} role="status" aria-label={t('app.loading')}>
      {WIDTHS.map((width) => (
        <div key={width} className={styles.skeleton}>
          <Skeleton width="2.75rem" height="2.75rem" />
          <div>
            <Skeleton width={width} height="0.875rem" />
            <Skeleton width="88%" height="0.75rem" />
          </div>
        </div>
      ))}
    </div>
  )
}
