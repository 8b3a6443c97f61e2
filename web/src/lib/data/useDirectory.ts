import { useCallback, useEffect, useState } from 'react'
import type { DirectoryInfo } from '../../core/api'
import type { CoreEvent } from '../../core/client'
import { useStore } from '../store'
import { useSession } from './context'
import type { Loaded } from './useLoaded'

/** Changes that come together are read together. */
const GATHER_MS = 250

export interface Directory {
  groups: Loaded<readonly DirectoryInfo[]>
  reload: () => void
}

/** Does what happened change the list of groups? A message in one of them does not. */
function concerns(event: CoreEvent, community: string, known: readonly DirectoryInfo[]): boolean {
  if (event.event === 'connection') return event.state === 'online'
  if (event.event === 'community') return event.community.community === community
  if (event.event !== 'conversation' || event.conversation.community !== community) return false
  const { group, state } = event.conversation
  return known.some((entry) => entry.group === group && entry.joined !== (state === 'active'))
}

/** The groups of a community: what was known at once, and again whenever something about them changes. */
export function useDirectory(community: string): Directory {
  const session = useSession()
  const known = useStore(session.directories).get(community)
  const [error, setError] = useState<unknown>(null)
  const reload = useCallback(() => {
    session.loadDirectory(community).then(
      () => setError(null),
      (reason: unknown) => setError(reason),
    )
  }, [session, community])

  useEffect(() => {
    reload()
    let timer: ReturnType<typeof setTimeout> | undefined
    const stop = session.core.subscribe((event) => {
      const known = session.directories.get().get(community) ?? []
      if (!concerns(event, community, known)) return
      clearTimeout(timer)
      timer = setTimeout(reload, GATHER_MS)
    })
    return () => {
      clearTimeout(timer)
      stop()
    }
  }, [session, community, reload])

  if (known) return { groups: { state: 'ready', value: known }, reload }
  return { groups: error === null ? { state: 'loading' } : { state: 'failed', error }, reload }
}
