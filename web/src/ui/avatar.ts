/** Hues that stay apart from one another, also for most people who see fewer colours. */
const HUES = [20, 55, 95, 150, 190, 235, 275, 300, 340] as const

/** A hue that is always the same for the same id. */
export function hueOf(id: string): number {
  let hash = 2_166_136_261
  for (let at = 0; at < id.length; at += 1) {
    hash = Math.imul(hash ^ id.charCodeAt(at), 16_777_619)
  }
  return HUES[(hash >>> 0) % HUES.length] ?? HUES[0]
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

function first(text: string): string {
  for (const { segment } of graphemes.segment(text)) return segment
  return ''
}

/** One or two characters for a name: the first letters or digits of its first and last word, or its first emoji. */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/[\s_.-]+/u)
    .map((word) => word.replace(/^[^\p{L}\p{N}\p{Extended_Pictographic}]+/u, ''))
    .filter(Boolean)
  const [head] = words
  const tail = words.at(-1)
  if (head === undefined || tail === undefined) return '…'
  const start = first(head)
  if (words.length === 1 || /\p{Extended_Pictographic}/u.test(start)) return start.toLocaleUpperCase()
  const end = first(tail)
  return (/[\p{L}\p{N}]/u.test(end) ? start + end : start).toLocaleUpperCase()
}
