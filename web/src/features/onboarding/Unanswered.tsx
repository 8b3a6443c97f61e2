import { useEffect, useState } from 'react'
import { useCore } from '../../lib/data/context'
import { useT } from '../../lib/i18n'
import { useLong } from '../../lib/useLong'
import styles from './Form.module.css'

/** A server that is there is connected to much sooner. */
const LONG_MS = 3_000

/** Said while something is asked of a server to which there is no connection. */
export function Unanswered({ busy }: { busy: boolean }) {
  const t = useT()
  const core = useCore()
  const [connected, setConnected] = useState(false)
  useEffect(
    () =>
      core.subscribe((event) => {
        if (event.event === 'connection') setConnected(event.state !== 'offline')
      }),
    [core],
  )
  const long = useLong(busy, LONG_MS)
  return (
    <p role="status" className={styles.unanswered}>
      {long && !connected && t('connection.unanswered')}
    </p>
  )
}
