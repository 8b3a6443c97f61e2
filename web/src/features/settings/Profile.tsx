import { Copy } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { useMe, useSession } from '../../lib/data/context'
import { errorText } from '../../lib/data/errors'
import { useTask } from '../../lib/data/useTask'
import { useT } from '../../lib/i18n'
import { charCount, NAME_CHARS_MAX } from '../../lib/limits'
import { Avatar } from '../../ui/Avatar'
import { Button } from '../../ui/Button'
import { Card } from '../../ui/Card'
import { TextField } from '../../ui/TextField'
import { toast } from '../../ui/Toast'
import { useCopy } from '../../ui/useCopy'
import styles from './Settings.module.css'

/** How the others see one. */
export function Profile() {
  const t = useT()
  const copy = useCopy()
  const session = useSession()
  const me = useMe()
  const [name, setName] = useState(me.name)
  const wrong = name.trim() === '' || charCount(name.trim()) > NAME_CHARS_MAX
  const save = useTask(async () => {
    await session.core.request({ method: 'set_profile', params: { name: name.trim() } })
    await session.refreshMe()
    toast(t('app.saved'))
  })

  function submit(event: FormEvent) {
    event.preventDefault()
    if (!wrong) save.run()
  }

  const error = wrong ? t('error.invalid_name') : save.error !== null ? errorText(t, save.error) : null
  return (
    <>
      <p className={styles.text}>{t('profile.text')}</p>
      <Card>
        <div className={styles.me}>
          <Avatar id={me.account} name={me.name} size="large" />
          <div>
            <p className={styles.meName} dir="auto">
              {me.name}
            </p>
            <p className={styles.text}>@{me.handle}</p>
          </div>
        </div>
        <form className={styles.stack} onSubmit={submit} noValidate>
          <TextField
            label={t('profile.name')}
            error={error}
            value={name}
            autoComplete="name"
            onChange={(event) => setName(event.target.value)}
          />
          <div className={styles.end}>
            <Button type="submit" look="primary" busy={save.busy} disabled={name.trim() === me.name}>
              {t('app.save')}
            </Button>
          </div>
        </form>
      </Card>
      <Card>
        <dl className={styles.facts}>
          <div className={styles.fact}>
            <dt>{t('profile.handle')}</dt>
            <dd>@{me.handle}</dd>
          </div>
          <div className={styles.fact}>
            <dt>{t('profile.server')}</dt>
            <dd>{me.server}</dd>
          </div>
        </dl>
        <div>
          <Button size="small" icon={<Copy size={15} aria-hidden />} onClick={() => copy(`@${me.handle}`)}>
            {t('profile.copy')}
          </Button>
        </div>
      </Card>
    </>
  )
}
