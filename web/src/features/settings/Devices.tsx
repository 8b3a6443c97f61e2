import { MonitorSmartphone } from 'lucide-react'
import { useState } from 'react'
import type { DeviceInfo } from '../../core/api'
import { useSession } from '../../lib/data/context'
import { errorText } from '../../lib/data/errors'
import { useLoaded } from '../../lib/data/useLoaded'
import { type Translate, useLanguage, useT } from '../../lib/i18n'
import { date, lastSeen } from '../../lib/time'
import { Badge } from '../../ui/Badge'
import { Button } from '../../ui/Button'
import { Card } from '../../ui/Card'
import { ErrorNotice } from '../../ui/ErrorNotice'
import { Row } from '../../ui/Row'
import { Skeleton } from '../../ui/Spinner'
import styles from './Settings.module.css'

function seen(t: Translate, tag: string, device: DeviceInfo): string {
  if (device.this) return t('devices.now')
  if (!device.last_seen) return t('devices.unseen')
  return t('devices.seen', { when: lastSeen(tag, new Date(device.last_seen), new Date()) })
}

/** One's own devices. */
export function Devices() {
  const t = useT()
  return (
    <>
      <p className={styles.text}>{t('devices.text')}</p>
      <Card>
        <DeviceList />
      </Card>
    </>
  )
}

function DeviceList() {
  const { t, tag } = useLanguage()
  const { core } = useSession()
  const [attempt, setAttempt] = useState(0)
  const devices = useLoaded(() => core.request({ method: 'devices' }), String(attempt))
  if (devices.state === 'loading') return <Skeleton width="100%" height="3rem" />
  if (devices.state === 'failed') {
    return (
      <ErrorNotice
        action={
          <Button size="small" onClick={() => setAttempt(attempt + 1)}>
            {t('app.retry')}
          </Button>
        }
      >
        {errorText(t, devices.error)}
      </ErrorNotice>
    )
  }
  return (
    <ul className={styles.list}>
      {devices.value.map((device) => (
        <li key={device.device}>
          <Row
            start={
              <span className={styles.device}>
                <MonitorSmartphone size={22} aria-hidden />
              </span>
            }
            title={t('devices.number', { number: device.number })}
            sub={
              <span className={styles.wrap}>
                {t('devices.added', { date: date(tag, new Date(device.created)) })} · {seen(t, tag, device)}
              </span>
            }
            end={device.this && <Badge look="soft">{t('devices.this')}</Badge>}
          />
        </li>
      ))}
    </ul>
  )
}
