import { parseUrl } from './url'

/**
 * An invite link's secret stands in the address's fragment. It is taken out of the address bar and the history before
 * anything else runs, and kept only in memory.
 */
let opened: string | null = null

/** Call once, first of all. */
export function takeInviteLink(): void {
  if (!location.pathname.startsWith('/i/') || location.hash.length < 2) return
  opened = location.href
  history.replaceState(history.state, '', location.pathname)
}

/** The whole link that this page was opened with, if it was one for this ticket. */
export function openedLink(ticket: string): string | null {
  return opened?.includes(`/i/${ticket}#`) ? opened : null
}

/** A link that somebody pasted: goes to its page as if it had been opened. */
export function keepInviteLink(link: string): string | null {
  const url = parseUrl(link.trim())
  const ticket = url && /^\/i\/([a-z2-7]+)$/.exec(url.pathname)?.[1]
  if (!url || !ticket || url.hash.length < 2) return null
  opened = url.href
  return ticket
}

/** The ticket of the link that this page was opened with, if it was with one. */
export function pendingTicket(): string | null {
  return (opened && /\/i\/([a-z2-7]+)#/.exec(opened)?.[1]) ?? null
}
