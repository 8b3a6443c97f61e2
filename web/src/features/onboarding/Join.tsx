import { useEffect } from 'react'
import { useCore, useSessionIfAny } from '../../lib/data/context'
import { errorText } from '../../lib/data/errors'
import { useLoaded } from '../../lib/data/useLoaded'
import { useT } from '../../lib/i18n'
import { setPending, useInviteLink } from '../../lib/inviteLink'
import { navigate } from '../../lib/router'
import { Button } from '../../ui/Button'
import { ErrorNotice } from '../../ui/ErrorNotice'
import { Spinner } from '../../ui/Spinner'
import styles from './Form.module.css'
import { Frame } from './Frame'
import { InvitedGroup } from './InvitedGroup'
import { JoinAsMember } from './JoinAsMember'
import { JoinAsNewcomer } from './JoinAsNewcomer'
import type { Joined } from './joined'
import type { Registered } from './register'
import { Unanswered } from './Unanswered'

interface JoinProps {
  ticket: string
  /** An account was made on the way; it enters by the link. */
  onRegistered: (registered: Registered, link: string) => void
  /** One is in. */
  onJoined: (joined: Joined) => void
}

/** The page of an invite link: what it leads to, before anything is asked. */
export function Join(props: JoinProps) {
  const t = useT()
  const link = useInviteLink(props.ticket)
  return (
    <Frame>
      {link ? <Invitation key={link} {...props} link={link} /> : <Broken text={t('join.lost')} />}
    </Frame>
  )
}

function Invitation({ ticket, link, onRegistered, onJoined }: JoinProps & { link: string }) {
  const t = useT()
  const core = useCore()
  const session = useSessionIfAny()
  const preview = useLoaded(() => core.request({ method: 'link_preview', params: { link } }), link)
  useEffect(() => {
    if (preview.state !== 'loading') setPending(preview.state === 'ready' ? ticket : null)
  }, [preview.state, ticket])
  if (preview.state === 'loading') {
    return (
      <div className={styles.card}>
        <Spinner large label={t('join.opening')} />
        <p className={styles.text}>{t('join.opening')}</p>
        <Unanswered busy />
      </div>
    )
  }
  if (preview.state === 'failed') return <Broken text={errorText(t, preview.error)} />
  return (
    <>
      <InvitedGroup group={preview.value} />
      {session ? (
        <JoinAsMember session={session} link={link} group={preview.value} onJoined={onJoined} />
      ) : (
        <JoinAsNewcomer onRegistered={(registered) => onRegistered(registered, link)} />
      )}
    </>
  )
}

function Broken({ text }: { text: string }) {
  const t = useT()
  const session = useSessionIfAny()
  return (
    <>
      <div className={styles.head}>
        <h1 className={styles.title}>{t('join.failed')}</h1>
      </div>
      <ErrorNotice>{text}</ErrorNotice>
      <Button size="large" wide onClick={() => navigate({ at: 'chats' })}>
        {t(session ? 'join.home' : 'join.start')}
      </Button>
    </>
  )
}
