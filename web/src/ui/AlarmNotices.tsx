import { Clock, TriangleAlert } from 'lucide-react'
import { type Alarm, alarmText } from '../lib/data/alarms'
import { useT } from '../lib/i18n'
import { Button } from './Button'
import { Notice } from './Notice'

interface AlarmNoticesProps {
  alarms: readonly Alarm[]
  onUnderstood: (alarm: Alarm) => void
}

/** What the person must know, each until it was understood. */
export function AlarmNotices({ alarms, onUnderstood }: AlarmNoticesProps) {
  const t = useT()
  return alarms.map((alarm) => {
    const { title, text } = alarmText(t, alarm.code)
    const Icon = alarm.code === 'clock_skew' ? Clock : TriangleAlert
    return (
      <div key={alarm.code} role="alert">
        <Notice
          look="warn"
          bar
          icon={<Icon size={20} aria-hidden />}
          title={title}
          action={
            <Button size="small" onClick={() => onUnderstood(alarm)}>
              {t('alarm.dismiss')}
            </Button>
          }
        >
          {text}
        </Notice>
      </div>
    )
  })
}
