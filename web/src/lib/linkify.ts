import { parseUrl } from './url'

export type Piece = { kind: 'text'; text: string } | { kind: 'link'; text: string; href: string }

const CANDIDATE = /\b(?:https?:\/\/|www\.)[^\s<>"'`]+/giu
/** What ends a sentence rather than an address. */
const TRAILING = /[.,;:!?…»”’]+$/u

function withoutTrailing(candidate: string): string {
  let text = candidate.replace(TRAILING, '')
  while (text.endsWith(')') && text.split('(').length <= text.split(')').length - 1) {
    text = text.slice(0, -1).replace(TRAILING, '')
  }
  return text
}

function hrefOf(text: string): string | null {
  const url = parseUrl(/^www\./i.test(text) ? `https://${text}` : text)
  return url && (url.protocol === 'https:' || url.protocol === 'http:') && url.hostname.includes('.')
    ? url.href
    : null
}

/** Splits a text into plain pieces and web addresses. Only http and https ever become links. */
export function linkify(text: string): Piece[] {
  const pieces: Piece[] = []
  let done = 0
  const plain = (to: number) => {
    if (to > done) pieces.push({ kind: 'text', text: text.slice(done, to) })
  }
  for (const match of text.matchAll(CANDIDATE)) {
    const link = withoutTrailing(match[0])
    const href = hrefOf(link)
    if (href === null) continue
    plain(match.index)
    pieces.push({ kind: 'link', text: link, href })
    done = match.index + link.length
  }
  plain(text.length)
  return pieces
}

// biome-ignore lint/complexity/useRegexLiterals: the compiler's target does not know the flag, the browsers do
const JUMBO = new RegExp('^(?:\\p{RGI_Emoji}\\s?){1,3}$', 'v')

/** One to three emoji and nothing else: shown large. */
export function isJumbo(text: string): boolean {
  return JUMBO.test(text.trim())
}
