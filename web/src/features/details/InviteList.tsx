import { Copy, QrCode } from 'lucide-react'
import { useState } from 'react'
import type { InviteInfo } from '../../core/api'
import { useSession } from '../../lib/data/context'
import { errorText } from '../../lib/data/errors'
import type { Loaded } from '../../lib/data/useLoaded'
import { type Translate, useLanguage, useT } from '../../lib/i18n'
import { date } from '../../lib/time'
import { Button } from '../../ui/Button'
import { ErrorNotice } from '../../ui/ErrorNotice'
import { IconButton } from '../../ui/IconButton'
import { Skeleton } from '../../ui/Spinner'
import { toast } from '../../ui/Toast'
import { useCopy } from '../../ui/useCopy'
import styles from './Invite.module.css'
import { MadeInvite } from './MadeInvite'

function usesText(t: Translate, invite: InviteInfo): string {
  if (invite.uses_max === undefined) return t('invite.used', { count: invite.uses })
  return t('invite.usedof', { uses: invite.uses, max: invite.uses_max })
}

function untilText(t: Translate, tag: string, invite: InviteInfo): string {
  if (invite.state === 'expired') return t('invite.expired')
  return invite.expires
    ? t('invite.until', { date: date(tag, new Date(invite.expires)) })
    : t('invite.forever')
}

interface InviteListProps {
  invites: Loaded<InviteInfo[]>
  onRevoked: () => void
}

/** The links that open it. */
export function InviteList({ invites, onRevoked }: InviteListProps) {
  const t = useT()
  if (invites.state === 'loading') return <Skeleton width="100%" height="4rem" />
  if (invites.state === 'failed') return <ErrorNotice>{errorText(t, invites.error)}</ErrorNotice>
  if (invites.value.length === 0) return <p className={styles.facts}>{t('invite.none')}</p>
  return (
    <ul className={styles.list}>
      {invites.value.map((invite) => (
        <InviteRow key={invite.invite} invite={invite} onRevoked={onRevoked} />
      ))}
    </ul>
  )
}

function InviteRow({ invite, onRevoked }: { invite: InviteInfo; onRevoked: () => void }) {
  const { t, tag } = useLanguage()
  const { core } = useSession()
  const [shown, setShown] = useState(false)
  const [busy, setBusy] = useState(false)
  const live = invite.state === 'live'
  const until = untilText(t, tag, invite)

  async function revoke() {
    setBusy(true)
    try {
      await core.request({ method: 'invite_revoke', params: { invite: invite.invite } })
      toast(t('invite.revoked'))
      onRevoked()
    } catch (error) {
      toast(errorText(t, error), 'error')
      setBusy(false)
    }
  }

  return (
    <li className={styles.row}>
      <div className={styles.rowHead}>
        <div>
          <p className={styles.by}>{t('invite.by', { name: invite.creator.name })}</p>
          <p className={styles.facts}>
            {usesText(t, invite)} · {until}
          </p>
        </div>
        <div className={styles.buttons}>
          {live && invite.link && (
            <LinkButtons link={invite.link} shown={shown} onShow={() => setShown(!shown)} />
          )}
          <Button
            look="secondary"
            size="small"
            busy={busy}
            aria-label={t('invite.revoke.label', { name: invite.creator.name })}
            onClick={() => void revoke()}
          >
            {t('invite.revoke')}
          </Button>
        </div>
      </div>
      {live && !invite.link && <p className={styles.note}>{t('invite.elsewhere')}</p>}
      {shown && live && invite.link && <MadeInvite link={invite.link} />}
    </li>
  )
}

function LinkButtons({ link, shown, onShow }: { link: string; shown: boolean; onShow: () => void }) {
  const t = useT()
  const copy = useCopy()
  return (
    <>
      <IconButton
        small
        label={t('invite.copy')}
        icon={<Copy size={16} aria-hidden />}
        onClick={() => copy(link, t('invite.copied'))}
      />
      <IconButton
        small
        label={t('invite.qr.show')}
        aria-pressed={shown}
        icon={<QrCode size={16} aria-hidden />}
        onClick={onShow}
      />
    </>
  )
}
