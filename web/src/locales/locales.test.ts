import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Message, translator } from '../lib/i18n'
import { en, type Key } from './en'
import { fr } from './fr'

const KEYS = Object.keys(en) as Key[]

function forms(message: Message): string[] {
  return typeof message === 'string' ? [message] : [message.one, message.other]
}

function holes(message: Message): string[] {
  return [...new Set(forms(message).flatMap((form) => form.match(/\{\w+\}/g) ?? []))].sort()
}

test('every language has every text, with the same holes', () => {
  expect(Object.keys(fr).sort()).toEqual([...KEYS].sort())
  for (const key of KEYS) {
    expect([key, holes(fr[key])]).toEqual([key, holes(en[key])])
    expect(forms(fr[key]).every((form) => form.trim() !== '')).toBe(true)
  }
})

test('every error code of the core has a text in every language', () => {
  const source = readFileSync('../crates/wire/src/error_code.rs', 'utf8')
  const words = [...source.matchAll(/^\s+\w+ = \d+, "([a-z_]+)";/gm)].map((match) => match[1])
  expect(words.length).toBeGreaterThan(40)
  for (const word of words) {
    expect(KEYS).toContain(`error.${word}`)
  }
})

test('French has spaces that do not break before its double signs', () => {
  for (const key of KEYS) {
    for (const form of forms(fr[key])) {
      expect([key, / [:;!?»]/.test(form) || /« /.test(form)]).toEqual([key, false])
    }
  }
})

describe('sentences', () => {
  test('count in each language as it does', () => {
    expect(translator('en')('chat.members', { count: 0 })).toBe('0 members')
    expect(translator('fr')('chat.members', { count: 0 })).toBe('0 membre')
    expect(translator('fr')('chat.members', { count: 1024 })).toBe('1\u202f024 membres')
  })

  test('are not turned around by a name of the other direction', () => {
    expect(translator('en')('typing.one', { name: 'נועה' })).toBe('\u2068נועה\u2069 is typing…')
    expect(translator('en')('typing.one', { name: 'Ana' })).toBe('Ana is typing…')
  })
})
