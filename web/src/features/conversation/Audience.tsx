import { Eye, UsersRound } from 'lucide-react'
import { useState } from 'react'
import type { DirectoryInfo } from '../../core/api'
import { useCommunity } from '../../lib/data/context'
import type { Titled } from '../../lib/data/titles'
import type { Loaded } from '../../lib/data/useLoaded'
import { useLanguage, useT } from '../../lib/i18n'
import { Button } from '../../ui/Button'
import { AudienceDialog } from './AudienceDialog'
import styles from './Composer.module.css'

export interface AudienceProps {
  item: Titled
  /** Those of the community. */
  groups: Loaded<readonly DirectoryInfo[]>
  /** The chosen groups; everybody when empty. */
  to: readonly string[]
}

/** Who will read what is announced, in words. */
export function AudienceLine({ item, groups, to }: AudienceProps) {
  const { t, tag } = useLanguage()
  const members = useCommunity(item.community ?? '')?.members
  const known = groups.state === 'ready' ? groups.value : []
  const name = item.communityName ?? ''

  function readers(): string {
    if (to.length > 0) {
      const names = to.map((id) => known.find((entry) => entry.group === id)?.name || t('name.pending'))
      const list = new Intl.ListFormat(tag, { type: 'conjunction' }).format(names)
      return t('announce.to.groups', { count: to.length, groups: list })
    }
    return members === undefined
      ? t('announce.to.all', { name })
      : t('announce.to.all.count', { name, count: members })
  }

  return (
    <div className={styles.audience} data-chosen={to.length > 0 ? '' : undefined}>
      <Eye size={16} aria-hidden />
      <p id="audience" className={styles.audienceText} aria-live="polite">
        {readers()}
      </p>
    </div>
  )
}

/** Chooses other readers. */
export function AudienceButton(props: AudienceProps & { onChange: (to: readonly string[]) => void }) {
  const { item, groups, to, onChange } = props
  const t = useT()
  const [choosing, setChoosing] = useState(false)
  return (
    <>
      <Button
        look="quiet"
        size="small"
        icon={<UsersRound size={16} aria-hidden />}
        onClick={() => setChoosing(true)}
      >
        {t(to.length > 0 ? 'announce.change' : 'announce.choose')}
      </Button>
      {choosing && (
        <AudienceDialog
          name={item.communityName ?? ''}
          groups={groups}
          to={to}
          onClose={() => setChoosing(false)}
          onChosen={(chosen) => {
            onChange(chosen)
            setChoosing(false)
          }}
        />
      )}
    </>
  )
}
