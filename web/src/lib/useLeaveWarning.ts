import { useEffect } from 'react'

/** While it is mounted, the browser asks before the page is reloaded or left: what it shows is shown only once. */
export function useLeaveWarning(): void {
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [])
}
