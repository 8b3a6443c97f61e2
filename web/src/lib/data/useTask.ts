import { useCallback, useRef, useState } from 'react'

export interface Task<Args extends unknown[]> {
  run: (...args: Args) => void
  busy: boolean
  /** What went wrong the last time. */
  error: unknown
  clear: () => void
}

/** Something asked of the core by a button or a form: one at a time, with its error. */
export function useTask<Args extends unknown[]>(work: (...args: Args) => Promise<void>): Task<Args> {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const running = useRef(false)
  const latest = useRef(work)
  latest.current = work

  const run = useCallback((...args: Args) => {
    if (running.current) return
    running.current = true
    setBusy(true)
    setError(null)
    latest
      .current(...args)
      .catch((reason: unknown) => setError(reason))
      .finally(() => {
        running.current = false
        setBusy(false)
      })
  }, [])
  const clear = useCallback(() => setError(null), [])
  return { run, busy, error, clear }
}
