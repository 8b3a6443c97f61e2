const DAY_MS = 86_400_000

/** The local calendar day, to compare with another. */
export function dayKey(at: Date): string {
  return `${at.getFullYear()}-${at.getMonth() + 1}-${at.getDate()}`
}

/** How many midnights lie between two moments. */
export function daysBetween(earlier: Date, later: Date): number {
  const day = (at: Date) => Date.UTC(at.getFullYear(), at.getMonth(), at.getDate())
  return Math.round((day(later) - day(earlier)) / DAY_MS)
}

const cache = new Map<string, Intl.DateTimeFormat>()

function format(tag: string, at: Date, options: Intl.DateTimeFormatOptions): string {
  const key = `${tag} ${JSON.stringify(options)}`
  const known = cache.get(key) ?? new Intl.DateTimeFormat(tag, options)
  cache.set(key, known)
  return known.format(at)
}

/** 14:05, 01:48 or 1:48 AM: as the region writes the time beside a date, so that it is written alike everywhere. */
export function clock(tag: string, at: Date): string {
  return format(tag, at, { timeStyle: 'short' })
}

/** Everything, for tooltips and screen readers. */
export function full(tag: string, at: Date): string {
  return format(tag, at, { dateStyle: 'full', timeStyle: 'short' })
}

/** 3 March 2026 */
export function date(tag: string, at: Date): string {
  return format(tag, at, { day: 'numeric', month: 'long', year: 'numeric' })
}

function relativeDay(tag: string, days: number): string {
  const text = new Intl.RelativeTimeFormat(tag, { numeric: 'auto' }).format(-days, 'day')
  return text.charAt(0).toLocaleUpperCase(tag) + text.slice(1)
}

/** The day that a separator in a conversation names: today, yesterday, a weekday of this week, a date. */
export function dayName(tag: string, at: Date, now: Date): string {
  const days = daysBetween(at, now)
  if (days === 0 || days === 1) return relativeDay(tag, days)
  const text =
    days > 1 && days < 7
      ? format(tag, at, { weekday: 'long' })
      : format(tag, at, {
          weekday: 'long',
          day: 'numeric',
          month: 'long',
          ...(at.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' }),
        })
  return text.charAt(0).toLocaleUpperCase(tag) + text.slice(1)
}

/** As short as fits in a list: the hour today, a weekday this week, else a date. */
export function listTime(tag: string, at: Date, now: Date): string {
  const days = daysBetween(at, now)
  if (days <= 0) return clock(tag, at)
  if (days === 1) return relativeDay(tag, 1)
  if (days < 7) return format(tag, at, { weekday: 'short' })
  return at.getFullYear() === now.getFullYear()
    ? format(tag, at, { day: 'numeric', month: 'short' })
    : format(tag, at, { day: '2-digit', month: '2-digit', year: '2-digit' })
}

const SPANS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', DAY_MS],
  ['hour', 3_600_000],
]

/** How long ago, to the hour: that is as exactly as the server knows. */
export function lastSeen(tag: string, at: Date, now: Date): string {
  const ago = Math.max(0, now.getTime() - at.getTime())
  const relative = new Intl.RelativeTimeFormat(tag, { numeric: 'auto' })
  const [unit, ms] = SPANS.find(([, span]) => ago >= span) ?? ['hour', 3_600_000]
  return ago > 30 * DAY_MS ? date(tag, at) : relative.format(-Math.floor(ago / ms), unit)
}
