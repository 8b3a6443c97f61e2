import { useEffect } from 'react'
import type { Session } from '../lib/data/session'
import { useT } from '../lib/i18n'
import { useStore } from '../lib/store'

/** The tab says how many conversations have something new. Not whose: a tab can be seen over a shoulder. */
export function useTitle(session: Session): void {
  const t = useT()
  const { list } = useStore(session.conversations)
  const fresh = list.filter((item) => item.unread > 0).length
  useEffect(() => {
    document.title = fresh > 0 ? `(${fresh}) ${t('app.name')}` : t('app.name')
  }, [fresh, t])
}
