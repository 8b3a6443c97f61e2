import { HardDrive, WifiOff } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useAlarms, useSession } from '../lib/data/context'
import { useT } from '../lib/i18n'
import { useStore } from '../lib/store'
import { AlarmNotices } from '../ui/AlarmNotices'
import { Button } from '../ui/Button'
import { Notice } from '../ui/Notice'
import { Spinner } from '../ui/Spinner'
import styles from './Shell.module.css'

/** Connections come and go: a short gap is nobody's business. */
const PATIENCE_MS = 1_500
/** As long as a try is shown as one: a server that is there answers sooner. */
const TRY_MS = 2_000

/** What the person must know about the whole page, above everything. */
export function Banners() {
  return (
    <div className={styles.banners}>
      <Alarms />
      <div role="status">
        <ConnectionBanner />
      </div>
    </div>
  )
}

function ConnectionBanner() {
  const t = useT()
  const connection = useStore(useSession().connection)
  const [shown, setShown] = useState(connection)
  useEffect(() => {
    const timer = setTimeout(() => setShown(connection), connection === 'online' ? 0 : PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [connection])
  // Until it has been seen once, the page is only starting.
  const [settled, setSettled] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(true), 2 * PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [])
  if (shown === 'online' || !settled) return null
  switch (shown) {
    case 'full':
      return (
        <Notice look="warn" bar icon={<HardDrive size={17} aria-hidden />}>
          {t('connection.full')}
        </Notice>
      )
    case 'offline':
      return (
        <Notice look="quiet" bar icon={<WifiOff size={17} aria-hidden />} action={<TryNow />}>
          {t('connection.offline')}
        </Notice>
      )
    case 'connecting':
      return (
        <Notice look="quiet" bar icon={<Spinner />}>
          {t('connection.connecting')}
        </Notice>
      )
  }
}

/** Pauses between tries grow to a minute: who knows better need not wait for the next. */
function TryNow() {
  const t = useT()
  const { core } = useSession()
  const [trying, setTrying] = useState(false)
  useEffect(() => {
    if (!trying) return
    const timer = setTimeout(() => setTrying(false), TRY_MS)
    return () => clearTimeout(timer)
  }, [trying])
  return (
    <Button
      size="small"
      busy={trying}
      onClick={() => {
        core.wake()
        setTrying(true)
      }}
    >
      {t('connection.retry')}
    </Button>
  )
}

function Alarms() {
  const session = useSession()
  return (
    <AlarmNotices
      alarms={useAlarms(null)}
      onUnderstood={(alarm) => session.alarms.understand(alarm, Date.now())}
    />
  )
}
