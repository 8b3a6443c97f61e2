import { useCallback } from 'react'
import { useT } from '../lib/i18n'
import { toast } from './Toast'

/** Rejects also where the browser has no clipboard for the page. */
async function write(text: string): Promise<void> {
  await navigator.clipboard.writeText(text)
}

/** Puts a text into the clipboard, and says whether it is there. */
export function useCopy(): (text: string, done?: string) => void {
  const t = useT()
  return useCallback(
    (text, done = t('app.copied')) => {
      write(text).then(
        () => toast(done),
        () => toast(t('app.copy.failed'), 'error'),
      )
    },
    [t],
  )
}
