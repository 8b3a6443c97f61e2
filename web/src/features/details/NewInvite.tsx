import { useState } from 'react'
import { useSession } from '../../lib/data/context'
import { errorText } from '../../lib/data/errors'
import { useTask } from '../../lib/data/useTask'
import { useT } from '../../lib/i18n'
import { Button } from '../../ui/Button'
import { ErrorNotice } from '../../ui/ErrorNotice'
import { Select } from '../../ui/Select'
import styles from './Invite.module.css'
import { MadeInvite } from './MadeInvite'

const HOUR_MS = 3_600_000
const EXPIRES = {
  hour: HOUR_MS,
  day: 24 * HOUR_MS,
  week: 168 * HOUR_MS,
  month: 720 * HOUR_MS,
  never: null,
} as const
const USES = { once: 1, ten: 10, hundred: 100, any: null } as const

type Expires = keyof typeof EXPIRES
type Uses = keyof typeof USES

interface NewInviteProps {
  target: string
  onMade: () => void
}

/** How long and how often a new link may be used; then the link. */
export function NewInvite({ target, onMade }: NewInviteProps) {
  const t = useT()
  const { core } = useSession()
  const [expires, setExpires] = useState<Expires>('week')
  const [uses, setUses] = useState<Uses>('any')
  const [link, setLink] = useState<string | null>(null)
  const make = useTask(async () => {
    const params = { target, expires_in_ms: EXPIRES[expires], uses: USES[uses] }
    const answer = await core.request({ method: 'invite_create', params })
    setLink(answer.link)
    onMade()
  })
  if (link !== null) return <MadeInvite link={link} onAnother={() => setLink(null)} />
  return (
    <div className={styles.stack}>
      <div className={styles.pair}>
        <Select
          label={t('invite.expires')}
          value={expires}
          choices={(Object.keys(EXPIRES) as Expires[]).map((value) => ({
            value,
            label: t(`invite.expires.${value}`),
          }))}
          onChange={setExpires}
        />
        <Select
          label={t('invite.uses')}
          value={uses}
          choices={(Object.keys(USES) as Uses[]).map((value) => ({
            value,
            label: t(`invite.uses.${value}`),
          }))}
          onChange={setUses}
        />
      </div>
      {make.error !== null && <ErrorNotice>{errorText(t, make.error)}</ErrorNotice>}
      <Button look="primary" wide busy={make.busy} onClick={() => make.run()}>
        {t('invite.submit')}
      </Button>
    </div>
  )
}
