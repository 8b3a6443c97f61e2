import { en, type Key } from '../../locales/en'
import type { Translate } from '../i18n'
import { Store } from '../store'

/** Something that the person must know, of one conversation or of everything (docs/protocol.md §4.2, §4.6, §4.7). */
export interface Alarm {
  code: string
  conversation: string | null
}

/** The codes that the page has words for. */
type Told = Key extends infer K ? (K extends `alarm.${infer Code}.title` ? Code : never) : never

function isTold(code: string): code is Told {
  return `alarm.${code}.title` in en
}

/** What to tell the person. A core that is newer than the page may raise what the page has no words for. */
export function alarmText(t: Translate, code: string): { title: string; text: string } {
  if (!isTold(code)) return { title: t('alarm.other', { code }), text: '' }
  return { title: t(`alarm.${code}.title`), text: t(`alarm.${code}.text`) }
}

/** The core repeats what lasts. Who has understood it is left alone for so long. */
const QUIET_MS = 3_600_000
/** Each of these is an event of its own, which was not understood with the last one. */
const EACH: ReadonlySet<string> = new Set(['change_undone', 'other_account'])

function keyOf({ code, conversation }: Alarm): string {
  return `${code} ${conversation ?? ''}`
}

/** What was raised and not yet understood. In memory only: nothing about a conversation is written outside the core. */
export class Alarms {
  readonly list = new Store<readonly Alarm[]>([])
  readonly #understood = new Map<string, number>()

  take(alarm: Alarm, now: number): void {
    const understood = this.#understood.get(keyOf(alarm))
    if (understood !== undefined && now < understood + QUIET_MS) return
    const known = this.list.get().some((other) => keyOf(other) === keyOf(alarm))
    if (!known) this.list.update((list) => [...list, alarm])
  }

  understand(alarm: Alarm, now: number): void {
    if (!EACH.has(alarm.code)) this.#understood.set(keyOf(alarm), now)
    this.list.update((list) => list.filter((other) => keyOf(other) !== keyOf(alarm)))
  }
}
