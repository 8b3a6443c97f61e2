import { Store, useStore } from './store'

/** Where one is in the page. The address says it, so that back, forward, reload and bookmarks work. */
export type Route =
  | { at: 'chats' }
  /** `within`: the community whose list one came from, and goes back to. */
  | { at: 'conversation'; id: string; pane: 'none' | 'details'; within?: string }
  | { at: 'communities' }
  | { at: 'community'; id: string; pane: 'none' | 'members' }
  | { at: 'settings'; section: SettingsSection | null }
  | { at: 'invited'; ticket: string }
  | { at: 'sign-up' }
  | { at: 'recover' }

export const SETTINGS_SECTIONS = [
  'profile',
  'appearance',
  'devices',
  'recovery',
  'keyboard',
  'about',
] as const
export type SettingsSection = (typeof SETTINGS_SECTIONS)[number]

function isSection(text: string | undefined): text is SettingsSection {
  return SETTINGS_SECTIONS.some((section) => section === text)
}

function parseCommunity([id, second, third]: readonly string[]): Route {
  if (!id) return { at: 'communities' }
  if (!second || second === 'members') return { at: 'community', id, pane: second ? 'members' : 'none' }
  return { at: 'conversation', id: second, pane: third === 'details' ? 'details' : 'none', within: id }
}

export function parse(path: string): Route {
  const [head, ...rest] = path.split('/').filter(Boolean).map(decodeURIComponent)
  const [first, second] = rest
  if (head === 'communities') return parseCommunity(rest)
  if (head === 'c' && first)
    return { at: 'conversation', id: first, pane: second === 'details' ? 'details' : 'none' }
  if (head === 'settings') return { at: 'settings', section: isSection(first) ? first : null }
  if (head === 'i' && first) return { at: 'invited', ticket: first }
  if (head === 'sign-up') return { at: 'sign-up' }
  if (head === 'recover') return { at: 'recover' }
  return { at: 'chats' }
}

function paneOf({ pane }: { pane: string }): string {
  return pane === 'none' ? '' : `/${pane}`
}

export function pathOf(route: Route): string {
  switch (route.at) {
    case 'chats':
      return '/'
    case 'conversation': {
      const above = route.within ? `/communities/${encodeURIComponent(route.within)}` : '/c'
      return `${above}/${encodeURIComponent(route.id)}${paneOf(route)}`
    }
    case 'community':
      return `/communities/${encodeURIComponent(route.id)}${paneOf(route)}`
    case 'settings':
      return route.section ? `/settings/${route.section}` : '/settings'
    case 'invited':
      return `/i/${encodeURIComponent(route.ticket)}`
    default:
      return `/${route.at}`
  }
}

/** The route that stands above, for going up where there is no history to go back to. */
export function parentOf(route: Route): Route {
  if (route.at === 'conversation' && route.pane !== 'none') return { ...route, pane: 'none' }
  if (route.at === 'community' && route.pane !== 'none') return { ...route, pane: 'none' }
  if (route.at === 'conversation' && route.within) return { at: 'community', id: route.within, pane: 'none' }
  if (route.at === 'community') return { at: 'communities' }
  if (route.at === 'settings' && route.section) return { at: 'settings', section: null }
  return { at: 'chats' }
}

const current = new Store<Route>(parse(location.pathname))

interface Mark {
  depth?: number
}

function depth(): number {
  return (history.state as Mark | null)?.depth ?? 0
}

addEventListener('popstate', () => current.set(parse(location.pathname)))

export function navigate(route: Route, how: 'push' | 'replace' = 'push'): void {
  const path = pathOf(route)
  if (path === location.pathname) return
  if (how === 'push') history.pushState({ depth: depth() + 1 } satisfies Mark, '', path)
  else history.replaceState({ depth: depth() } satisfies Mark, '', path)
  current.set(route)
}

/** One step back in the page's own history, else up; never out of the page. */
export function goBack(): void {
  if (depth() > 0) history.back()
  else navigate(parentOf(current.get()), 'replace')
}

export function currentRoute(): Route {
  return current.get()
}

export function useRoute(): Route {
  return useStore(current)
}
