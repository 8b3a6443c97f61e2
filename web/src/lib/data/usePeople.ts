import { useEffect, useRef, useState } from 'react'
import type { Person } from '../../core/api'
import type { CoreEvent } from '../../core/client'
import { useSession } from './context'
import { isUnnamed, named } from './names'
import { NameWatch } from './nameWatch'
import type { Loaded } from './useLoaded'

type Named = Pick<Person, 'name' | 'handle'>

interface Source<P extends Named> {
  ask: () => Promise<readonly P[]>
  /** Whether what happened may have changed who they are. */
  concerns: (event: CoreEvent) => boolean
  /** Stands for everything that both use. */
  key: string
}

interface People<P> {
  people: Loaded<readonly P[]>
  reload: () => void
}

/** A list of people, read again whenever something about them changes, and while a name is still on its way. */
export function usePeople<P extends Named>({ ask, concerns, key }: Source<P>): People<P> {
  const { core } = useSession()
  const [people, setPeople] = useState<Loaded<readonly P[]>>({ state: 'loading' })
  const latest = useRef({ ask, concerns })
  latest.current = { ask, concerns }
  const reload = useRef(() => {})

  useEffect(() => {
    let here = true
    let known: readonly P[] = []
    /** Counts what was asked: an answer that others have overtaken says nothing. */
    let asked = 0
    async function load() {
      asked += 1
      const turn = asked
      try {
        const value = (await latest.current.ask()).map(named)
        if (!here || turn !== asked) return
        known = value
        setPeople({ state: 'ready', value })
      } catch (error) {
        // What is known is better than nothing.
        if (here && turn === asked)
          setPeople((old) => (old.state === 'ready' ? old : { state: 'failed', error }))
      }
    }
    const names = new NameWatch(() => known.some(({ name, handle }) => isUnnamed(name, handle)), load)
    reload.current = () => void load().then(() => here && names.look())
    reload.current()
    const stop = core.subscribe((event) => latest.current.concerns(event) && reload.current())
    return () => {
      here = false
      names.stop()
      stop()
    }
  }, [core, key])
  return { people, reload: () => reload.current() }
}
