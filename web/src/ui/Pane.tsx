import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { useT } from '../lib/i18n'
import { goBack } from '../lib/router'
import { IconButton } from './IconButton'
import styles from './Pane.module.css'

interface PaneProps {
  label: string
  title: string
  sub?: string
  children: ReactNode
}

/** What opens beside a conversation or a community's home: its title stays, the rest scrolls. */
export function Pane({ label, title, sub, children }: PaneProps) {
  const t = useT()
  return (
    <section className={styles.pane} aria-label={label}>
      <header className={styles.top}>
        <div className={styles.titles}>
          <h2 className={styles.title}>{title}</h2>
          {sub && (
            <p className={styles.sub} dir="auto">
              {sub}
            </p>
          )}
        </div>
        <IconButton label={t('app.close')} icon={<X size={20} aria-hidden />} onClick={goBack} />
      </header>
      <div className={styles.body}>{children}</div>
    </section>
  )
}
