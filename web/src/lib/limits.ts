/** Limits that the page explains before the core refuses; the core's are the ones that count. */
export const NAME_CHARS_MAX = 100
export const DESCRIPTION_CHARS_MAX = 2_048
export const TEXT_BYTES_MAX = 65_536
export const GROUP_MEMBERS_MAX = 1_024
export const HANDLE_CHARS_MIN = 3
export const HANDLE_CHARS_MAX = 32

const encoder = new TextEncoder()

/** Is the text too long to send? */
export function isTooLong(text: string): boolean {
  return text.length * 3 > TEXT_BYTES_MAX && encoder.encode(text).byteLength > TEXT_BYTES_MAX
}

/** Counted as people count, and as the core does: in Unicode code points. */
export function charCount(text: string): number {
  return [...text].length
}

/** What is typed into a handle field: no `@`, no upper case, no spaces around. */
export function foldHandle(text: string): string {
  return text.trim().replace(/^@/, '').toLowerCase()
}

export function isHandle(text: string): boolean {
  return /^[a-z0-9][a-z0-9_.-]{2,31}$/.test(text)
}

/** A handle made of a name, to begin with; empty when nothing usable is in it. */
export function suggestHandle(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '.')
    .replace(/^\.+|\.+$/g, '')
    .slice(0, HANDLE_CHARS_MAX)
    .replace(/\.+$/, '')
  return isHandle(plain) ? plain : ''
}
