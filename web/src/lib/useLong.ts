import { useEffect, useState } from 'react'

/** Has something gone on for longer than people watch a spinner without wondering? */
export function useLong(busy: boolean, ms: number): boolean {
  const [long, setLong] = useState(false)
  useEffect(() => {
    if (!busy) return
    const timer = setTimeout(() => setLong(true), ms)
    return () => {
      clearTimeout(timer)
      setLong(false)
    }
  }, [busy, ms])
  return long
}
