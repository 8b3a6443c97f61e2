import { useEffect } from 'react'
import { conversationsOf } from '../lib/data/communities'
import type { Session } from '../lib/data/session'
import { currentRoute, goBack, navigate } from '../lib/router'
import type { Overlay } from './Dialogs'

/** To the conversation above or below the current one. */
function step(session: Session, by: number): void {
  const route = currentRoute()
  const within = route.at === 'conversation' ? route.within : route.at === 'community' ? route.id : undefined
  const all = session.conversations.get().list
  const list = within ? conversationsOf(all, within) : all
  const at =
    route.at === 'conversation'
      ? list.findIndex((item) => item.group === route.id)
      : by > 0
        ? -1
        : list.length
  const next = list[at + by]
  if (!next) return
  const to = { at: 'conversation', id: next.group, pane: 'none', ...(within && { within }) } as const
  navigate(to, at < 0 || at === list.length ? 'push' : 'replace')
}

const FOCUSABLE = 'a[href], button:not(:disabled), input, textarea, [tabindex="0"]'
/** Where one goes on in a part of the page: what is open in it, or where one writes. */
const FIRST_CHOICE = 'textarea, [aria-current]'

/** From one part of the page to the next. */
function nextLandmark(by: number): void {
  const parts = [...document.querySelectorAll<HTMLElement>('[data-landmark]')].filter(
    (part) => part.offsetParent !== null,
  )
  const at = parts.findIndex((part) => part.contains(document.activeElement))
  const part = parts[(at + by + parts.length) % parts.length]
  const shown = [...(part?.querySelectorAll<HTMLElement>(FOCUSABLE) ?? [])].filter(
    (one) => one.offsetParent !== null,
  )
  const preferred = shown.find((one) => one.matches(FIRST_CHOICE)) ?? shown[0]
  preferred?.focus()
}

/** The shortcuts that work everywhere. */
export function useShortcuts(session: Session, open: (overlay: Overlay) => void): void {
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      const ctrl = event.ctrlKey || event.metaKey
      const arrow = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
      const done = () => event.preventDefault()
      if (ctrl && event.key.toLowerCase() === 'k') {
        done()
        open({ kind: 'switcher' })
      } else if (ctrl && event.key === '/') {
        done()
        open({ kind: 'keys' })
      } else if (event.altKey && arrow !== 0) {
        done()
        step(session, arrow)
      } else if (event.key === 'F6') {
        done()
        nextLandmark(event.shiftKey ? -1 : 1)
      } else if (
        event.key === 'Escape' &&
        !event.defaultPrevented &&
        !document.querySelector('[role="dialog"],[role="menu"]')
      ) {
        const route = currentRoute()
        if ('pane' in route && route.pane !== 'none') goBack()
      }
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [session, open])
}
