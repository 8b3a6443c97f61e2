import type { Key } from '../locales/en'
import type { Translate } from './i18n'

const IS_MAC = /mac|iphone|ipad/i.test(navigator.platform)
const CTRL = IS_MAC ? '⌘' : 'Ctrl'
const ALT = IS_MAC ? '⌥' : 'Alt'

/** Keys that are not called the same everywhere. */
const NAMED: Readonly<Record<string, Key & `kbd.${string}`>> = {
  Enter: 'kbd.enter',
  Shift: 'kbd.shift',
  Esc: 'kbd.escape',
}

/** What stands on a key, in the person's language. */
export function keyName(t: Translate, key: string): string {
  const named = NAMED[key]
  return named ? t(named) : key
}

/** The keys that open the switcher, as people read them. */
export const SWITCHER_KEYS = `${CTRL}+K`

/** Every shortcut, for the help sheet. */
export const SHORTCUTS: readonly { key: Key & `keys.${string}`; keys: readonly string[] }[] = [
  { key: 'keys.switcher', keys: [SWITCHER_KEYS] },
  { key: 'keys.previous', keys: [`${ALT}+↑`] },
  { key: 'keys.next', keys: [`${ALT}+↓`] },
  { key: 'keys.landmarks', keys: ['F6'] },
  { key: 'keys.messages', keys: ['↑', '↓'] },
  { key: 'keys.reply', keys: ['R'] },
  { key: 'keys.send', keys: ['Enter'] },
  { key: 'keys.line', keys: ['Shift+Enter'] },
  { key: 'keys.close', keys: ['Esc'] },
  { key: 'keys.help', keys: [`${CTRL}+/`] },
]
