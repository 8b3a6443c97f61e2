import { Copy, QrCode } from 'lucide-react'
import { useState } from 'react'
import type { InviteInfo } from '../../core/api'
import { useMe, useSession } from '../../lib/data/context'
import { errorText } from '../../lib/data/errors'
import type { Loaded } from '../../lib/data/useLoaded'
import { useTask } from '../../lib/data/useTask'
import { type Translate, useLanguage, useT } from '../../lib/i18n'
import { full } from '../../lib/time'
import { Badge } from '../../ui/Badge'
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
  if (invite.state === 'expired' && invite.expires)
    return t('invite.expired.at', { date: full(tag, new Date(invite.expires)) })
  return invite.expires
    ? t('invite.until', { date: full(tag, new Date(invite.expires)) })
    : t('invite.forever')
}

/** Only the device that made a link has it. */
function elsewhereText(t: Translate, { creator }: InviteInfo, me: string): string {
  if (creator.account === me) return t('invite.elsewhere')
  return creator.name ? t('invite.another.by', { name: creator.name }) : t('invite.another.admin')
}

/** As much of a link as tells it from the others. */
function startOf({ invite }: InviteInfo): string {
  return invite.slice(0, 6)
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
  const me = useMe().account
  const [shown, setShown] = useState(false)
  const [asking, setAsking] = useState(false)
  const live = invite.state === 'live'
  const until = untilText(t, tag, invite)
  const revoke = useTask(async () => {
    await core.request({ method: 'invite_revoke', params: { invite: invite.invite } })
    toast(t('invite.revoked'))
    onRevoked()
  })

  return (
    <li className={styles.row}>
      <div className={styles.rowHead}>
        <div>
          <p className={styles.by}>
            {t('invite.by', { name: invite.creator.name })}
            {!live && <Badge>{t(invite.state === 'expired' ? 'invite.expired' : 'invite.usedup')}</Badge>}
          </p>
          <p className={styles.facts}>
            {usesText(t, invite)} · {until}
          </p>
          <p className={styles.ticket}>{t('invite.starts', { start: startOf(invite) })}</p>
        </div>
        <div className={styles.buttons}>
          {live && invite.link && (
            <LinkButtons link={invite.link} shown={shown} onShow={() => setShown(!shown)} />
          )}
          <Button
            look="secondary"
            size="small"
            aria-expanded={asking}
            aria-label={t('invite.revoke.label', { name: invite.creator.name })}
            onClick={() => setAsking(!asking)}
          >
            {t('invite.revoke')}
          </Button>
        </div>
      </div>
      {asking && (
        <div className={styles.ask}>
          <p>{t(live ? 'invite.revoke.text' : 'invite.revoke.ended')}</p>
          {revoke.error !== null && <ErrorNotice>{errorText(t, revoke.error)}</ErrorNotice>}
          <div className={styles.buttons}>
            <Button size="small" onClick={() => setAsking(false)}>
              {t('app.cancel')}
            </Button>
            <Button look="danger" size="small" busy={revoke.busy} onClick={() => revoke.run()}>
              {t('invite.revoke.ask')}
            </Button>
          </div>
        </div>
      )}
      {live && !invite.link && <p className={styles.note}>{elsewhereText(t, invite, me)}</p>}
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
