import { type FormEvent, useState } from 'react'
import { useT } from '../../lib/i18n'
import { keepInviteLink } from '../../lib/inviteLink'
import { Button } from '../../ui/Button'
import { Dialog, DialogActions } from '../../ui/Dialog'
import { TextField } from '../../ui/TextField'
import form from './NewForm.module.css'

interface OpenLinkProps {
  onClose: () => void
  onTicket: (ticket: string) => void
}

/** An invitation that one was sent as text. */
export function OpenLink({ onClose, onTicket }: OpenLinkProps) {
  const t = useT()
  const [link, setLink] = useState('')
  const [wrong, setWrong] = useState(false)

  function submit(event: FormEvent) {
    event.preventDefault()
    const ticket = keepInviteLink(link)
    if (ticket) onTicket(ticket)
    else setWrong(true)
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title={t('link.title')}
      description={t('link.text')}
      closeLabel={t('app.close')}
    >
      <form className={form.form} onSubmit={submit} noValidate>
        <TextField
          label={t('link.label')}
          error={wrong ? t('error.invalid_link') : null}
          type="url"
          inputMode="url"
          autoComplete="off"
          placeholder="https://"
          dir="ltr"
          value={link}
          onChange={(event) => {
            setWrong(false)
            setLink(event.target.value)
          }}
        />
        <DialogActions>
          <Button onClick={onClose}>{t('app.cancel')}</Button>
          <Button type="submit" look="primary">
            {t('link.submit')}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
