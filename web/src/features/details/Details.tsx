import { Lock, Pencil, UserRoundPlus } from 'lucide-react'
import { useState } from 'react'
import type { Titled } from '../../lib/data/titles'
import { type Translate, useT } from '../../lib/i18n'
import { Button } from '../../ui/Button'
import { ConversationAvatar } from '../../ui/ConversationAvatar'
import { Pane } from '../../ui/Pane'
import { AddPeople } from './AddPeople'
import styles from './Details.module.css'
import { EditGroup } from './EditGroup'
import { InviteDialog } from './InviteDialog'
import { Members } from './Members'
import { mayManage } from './rights'

interface DetailsProps {
  item: Titled
  /** Write to somebody. */
  onMessage: (handle: string) => void
}

/** What a conversation is and who is in it. */
export function Details({ item, onMessage }: DetailsProps) {
  const t = useT()
  const manage = mayManage(item)
  return (
    <Pane label={t('chat.details')} title={t('details.title')}>
      <div className={styles.stack}>
        <About item={item} manage={manage} />
        {manage && <AddPeople item={item} />}
        {item.state === 'active' && <Members item={item} onMessage={onMessage} />}
      </div>
    </Pane>
  )
}

function descriptionOf(t: Translate, item: Titled): string {
  if (item.kind === 'direct') return t('details.direct')
  return item.kind === 'admin_room' ? t('adminroom.text') : t('details.nodescription')
}

function About({ item, manage }: { item: Titled; manage: boolean }) {
  const t = useT()
  const [open, setOpen] = useState<'invite' | 'edit' | null>(null)
  const close = () => setOpen(null)
  return (
    <section className={styles.card}>
      <ConversationAvatar item={item} size="large" />
      <div className={styles.titles}>
        <p className={styles.name} dir="auto">
          <strong>{item.name}</strong>
        </p>
        {item.communityName && (
          <p className={styles.within}>{t('group.within', { name: item.communityName })}</p>
        )}
      </div>
      <p className={styles.description} dir="auto">
        {item.description || descriptionOf(t, item)}
      </p>
      <p className={styles.sealed}>
        <Lock size={14} aria-hidden />
        {item.quantum_safe ? t('details.quantum') : t('details.classic')}
      </p>
      {manage && (
        <div className={styles.buttons}>
          <Button
            look="primary"
            icon={<UserRoundPlus size={18} aria-hidden />}
            onClick={() => setOpen('invite')}
          >
            {t('details.invite')}
          </Button>
          <Button icon={<Pencil size={16} aria-hidden />} onClick={() => setOpen('edit')}>
            {t('details.edit')}
          </Button>
        </div>
      )}
      {open === 'invite' && <InviteDialog target={{ id: item.group, name: item.name }} onClose={close} />}
      {open === 'edit' && (
        <EditGroup
          target={{ ...item, id: item.group, name: item.pending ? '' : item.name, community: false }}
          onClose={close}
        />
      )}
    </section>
  )
}
