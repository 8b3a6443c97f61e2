import { Store, useStore } from './store'
import { parseUrl } from './url'

/**
 * An invite link's secret stands in the address's fragment. It is taken out of the address bar and the history before
 * anything else runs. So that a reload does not lose it, this tab's storage has it until one has joined or gone on
 * (docs/threat-model.md); no other tab and no later visit finds it there.
 */
const STORED = 'asterism.invitation'
/** The ticket of an invitation that works and waits for an account. */
const PENDING = 'asterism.invitation.pending'

const opened = new Store<string | null>(null)
let pending: string | null = null

function ticketOf(link: string): string | null {
  const url = parseUrl(link)
  const ticket = url && /^\/i\/([a-z2-7]+)$/.exec(url.pathname)?.[1]
  return url && ticket && url.hash.length > 1 ? ticket : null
}

/** Storage may be forbidden: then a reload loses the link, and the page says so. */
function stored(use: (storage: Storage) => string | null): string | null {
  try {
    return use(sessionStorage)
  } catch {
    return null
  }
}

function take(): void {
  if (!location.pathname.startsWith('/i/') || location.hash.length < 2) return
  keepInviteLink(location.href)
  history.replaceState(history.state, '', location.pathname)
}

/** Call once, first of all. */
export function takeInviteLinks(): void {
  opened.set(stored((storage) => storage.getItem(STORED)))
  pending = stored((storage) => storage.getItem(PENDING))
  take()
  // A link that was pasted over the address of the page that one is at.
  addEventListener('hashchange', take)
}

/** The whole link that this tab was opened with, if it was one for this ticket. */
export function useInviteLink(ticket: string): string | null {
  const link = useStore(opened)
  return link !== null && ticketOf(link) === ticket ? link : null
}

/** A link that was opened or pasted: goes to its page. */
export function keepInviteLink(link: string): string | null {
  const ticket = ticketOf(link.trim())
  if (ticket === null) return null
  setPending(null)
  opened.set(link.trim())
  stored((storage) => {
    storage.setItem(STORED, link.trim())
    return null
  })
  return ticket
}

/** One has joined, or gone on without. In memory it stays, so that one step back still works. */
export function forgetInviteLink(): void {
  setPending(null)
  stored((storage) => {
    storage.removeItem(STORED)
    return null
  })
}

/** An invitation was looked at: if it works, whoever fetches their account now goes on to it. */
export function setPending(ticket: string | null): void {
  pending = ticket
  stored((storage) => {
    if (ticket === null) storage.removeItem(PENDING)
    else storage.setItem(PENDING, ticket)
    return null
  })
}

/** The ticket of the invitation that one came with, if it is one to go on to. */
export function pendingTicket(): string | null {
  return pending
}
