import { Building2, Lock, Megaphone, Users, UsersRound } from 'lucide-react'
import type { AnswerTo } from '../../core/client'
import { useT } from '../../lib/i18n'
import { Avatar } from '../../ui/Avatar'
import styles from './Form.module.css'

export type LinkPreview = AnswerTo<{ method: 'link_preview'; params: { link: string } }>

/** The group or community that a link leads to. */
export function InvitedGroup({ group }: { group: LinkPreview }) {
  const t = useT()
  const community = group.kind === 'community'
  return (
    <section className={styles.card}>
      <p className={styles.kicker}>{t(community ? 'join.title.community' : 'join.title')}</p>
      <Avatar id={group.group} name={group.name} kind={community ? 'community' : 'group'} size="large" />
      <h1 className={styles.groupName} dir="auto">
        {group.name}
      </h1>
      {group.description && (
        <p className={styles.groupText} dir="auto">
          {group.description}
        </p>
      )}
      {group.in_community && (
        <p className={styles.within}>
          <Building2 size={18} aria-hidden />
          {t('join.within')}
        </p>
      )}
      {community ? (
        <WhatHappens />
      ) : (
        group.members !== undefined && (
          <p className={styles.meta}>
            <Users size={15} aria-hidden />
            {t('join.members', { count: group.members })}
          </p>
        )
      )}
      <p className={styles.meta}>
        <Lock size={15} aria-hidden />
        {t('join.sealed')}
      </p>
    </section>
  )
}

/** What entering a community brings. */
function WhatHappens() {
  const t = useT()
  return (
    <ul className={styles.happens}>
      <li>
        <Megaphone size={18} aria-hidden />
        {t('join.happens.announcements')}
      </li>
      <li>
        <UsersRound size={18} aria-hidden />
        {t('join.happens.groups')}
      </li>
    </ul>
  )
}
