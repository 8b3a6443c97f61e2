/** 32 bytes of key and 2 of checksum, in base32. */
const CHARS = 55
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
const FILLING = /[\s\-\u2010-\u2015\u2212]/g

/** How far a typed recovery key has come (docs/protocol.md §3.6). */
export type KeyCheck =
  | { state: 'empty' }
  | { state: 'short'; missing: number }
  | { state: 'wrong-character'; character: string }
  | { state: 'long' }
  | { state: 'complete' }
  | { state: 'wrong-checksum' }

export function plainKey(typed: string): string {
  return typed.replace(FILLING, '').toLowerCase()
}

/** In groups of four, as it is printed. */
export function grouped(key: string): string {
  return (
    plainKey(key)
      .match(/.{1,4}/g)
      ?.join('-') ?? ''
  )
}

function bytesOf(plain: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.floor((plain.length * 5) / 8))
  let value = 0
  let bits = 0
  let at = 0
  for (const character of plain) {
    value = ((value << 5) | ALPHABET.indexOf(character)) & 0xfff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes[at] = (value >> bits) & 0xff
      at += 1
    }
  }
  return bytes
}

/** Checks what can be checked before anything is asked of the server. */
export async function checkKey(typed: string): Promise<KeyCheck> {
  const plain = plainKey(typed)
  if (plain === '') return { state: 'empty' }
  const wrong = [...plain].find((character) => !ALPHABET.includes(character))
  if (wrong !== undefined) return { state: 'wrong-character', character: wrong }
  if (plain.length < CHARS) return { state: 'short', missing: CHARS - plain.length }
  if (plain.length > CHARS) return { state: 'long' }
  const bytes = bytesOf(plain)
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.slice(0, 32)))
  return hash[0] === bytes[32] && hash[1] === bytes[33] ? { state: 'complete' } : { state: 'wrong-checksum' }
}
