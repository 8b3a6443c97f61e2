import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { initials } from '../ui/avatar'
import { foldHandle, isHandle, isTooLong, suggestHandle } from './limits'
import { linkify } from './linkify'
import { checkKey, grouped } from './recoveryKey'
import { parse, pathOf, type Route } from './router'
import { clock, dayName, daysBetween, full, lastSeen, listTime } from './time'

const NOW = new Date('2026-03-12T15:00:00')
const ago = (days: number, hours = 0) => new Date(NOW.getTime() - (days * 24 + hours) * 3_600_000)

describe('times', () => {
  test('in the list are as short as they can be', () => {
    expect(listTime('fr', ago(0, 2), NOW)).toBe('13:00')
    expect(listTime('en-GB', ago(0, 2), NOW)).toBe('13:00')
    expect(listTime('fr', ago(1), NOW)).toBe('Hier')
    expect(listTime('en', ago(3), NOW)).toBe('Mon')
    expect(listTime('fr', ago(20), NOW)).toBe('20 févr.')
    expect(listTime('fr', ago(400), NOW)).toBe('05/02/25')
  })

  test('are written alike with a date and without', () => {
    const at = new Date('2026-03-12T01:48:00')
    for (const tag of ['fr', 'fr-CH', 'en', 'en-GB', 'de']) expect(full(tag, at)).toContain(clock(tag, at))
    expect(clock('fr', at)).toBe('01:48')
    expect(clock('en-GB', at)).toBe('01:48')
  })

  test('of days are named as people do', () => {
    expect(dayName('en', ago(0, 3), NOW)).toBe('Today')
    expect(dayName('fr', ago(1), NOW)).toBe('Hier')
    expect(dayName('fr', ago(2), NOW)).toBe('Mardi')
    expect(dayName('fr', ago(9), NOW)).toBe('Mardi 3 mars')
    expect(dayName('en-GB', ago(400), NOW)).toContain('2025')
  })

  test('midnight makes another day, not twenty-four hours', () => {
    expect(daysBetween(new Date('2026-03-11T23:59:00'), new Date('2026-03-12T00:01:00'))).toBe(1)
    expect(daysBetween(new Date('2026-03-12T00:01:00'), new Date('2026-03-12T23:59:00'))).toBe(0)
  })

  test('of last use are to the hour', () => {
    expect(lastSeen('en', ago(0, 3), NOW)).toBe('3 hours ago')
    expect(lastSeen('fr', ago(1, 2), NOW)).toBe('hier')
    expect(lastSeen('en-GB', ago(60), NOW)).toBe('11 January 2026')
  })
})

describe('links', () => {
  const links = (text: string) =>
    linkify(text).flatMap((piece) => (piece.kind === 'link' ? [piece.href] : []))

  test('are web addresses, without what ends the sentence', () => {
    expect(links('see https://a.example/x?y=1.')).toEqual(['https://a.example/x?y=1'])
    expect(links('(www.a.example/b_(c)), or http://b.example!')).toEqual([
      'https://www.a.example/b_(c)',
      'http://b.example/',
    ])
  })

  test('are nothing else', () => {
    expect(
      links('javascript:alert(1) data:text/html,x ftp://a.example mailto:a@b.c https:// https://nodot'),
    ).toEqual([])
  })

  test('lose nothing of the text', () => {
    const text = 'a https://a.example, b www.b.example. c'
    expect(
      linkify(text)
        .map((piece) => piece.text)
        .join(''),
    ).toBe(text)
  })
})

describe('handles', () => {
  test('are folded as the core does', () => {
    expect(foldHandle(' @Marie ')).toBe('marie')
    for (const good of ['marie', 'a1_', '9.to-5']) expect(isHandle(good)).toBe(true)
    for (const bad of ['ab', '', '.abc', 'a b c', 'é_é_é', 'a'.repeat(33)]) expect(isHandle(bad)).toBe(false)
  })

  test('are suggested from a name, or not at all', () => {
    expect(suggestHandle('Zoë van der Berg')).toBe('zoe.van.der.berg')
    expect(suggestHandle('נועה')).toBe('')
    expect(suggestHandle('Li')).toBe('')
    expect(isHandle(suggestHandle(`${'a'.repeat(31)} b`))).toBe(true)
  })
})

describe('recovery keys', () => {
  const KEY = 'gaytembtgq2tmnzyhfqwey3emvtdamjsgm2dknrxha4wcytdmrswmjoi'.slice(0, 55)

  test('are checked while they are typed', async () => {
    expect(await checkKey('')).toEqual({ state: 'empty' })
    expect(await checkKey('gayt-EMBT gq2t')).toEqual({ state: 'short', missing: 43 })
    expect(await checkKey('gayt-1')).toEqual({ state: 'wrong-character', character: '1' })
    expect(await checkKey(`${KEY}aa`)).toEqual({ state: 'long' })
  })

  /** It is pinned in crates/core, formats/recovery.rs: there are two readers of this format. */
  test('of the core are right here too', async () => {
    const key = 'gayt-emzu-gu3d-oobz-mfrg-gzdf-myyd-cmrt-gq2t-mnzy-hfqw-ey3e-mvtd-5mi'
    expect(readFileSync('../crates/core/src/formats/recovery.rs', 'utf8')).toContain(`"${key}"`)
    expect(await checkKey(key)).toEqual({ state: 'complete' })
  })

  test('with one wrong letter are told from right ones', async () => {
    const right = await checksummed('0123456789abcdef0123456789abcdef')
    expect(await checkKey(grouped(right).toUpperCase())).toEqual({ state: 'complete' })
    expect(await checkKey(right.replace('g', 'h'))).toEqual({ state: 'wrong-checksum' })
  })

  async function checksummed(key: string): Promise<string> {
    const bytes = new TextEncoder().encode(key)
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    const bits = [...bytes, ...hash.slice(0, 2)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
    return (bits.padEnd(275, '0').match(/.{5}/g) ?? [])
      .map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(five, 2)])
      .join('')
  }
})

describe('addresses', () => {
  const routes: Route[] = [
    { at: 'chats' },
    { at: 'conversation', id: 'abc', pane: 'none' },
    { at: 'conversation', id: 'abc', pane: 'details' },
    { at: 'conversation', id: 'abc', pane: 'details', within: 'town' },
    { at: 'communities' },
    { at: 'community', id: 'town', pane: 'none' },
    { at: 'community', id: 'town', pane: 'members' },
    { at: 'settings', section: null },
    { at: 'settings', section: 'devices' },
    { at: 'invited', ticket: 'abc' },
    { at: 'sign-up' },
    { at: 'recover' },
  ]
  test.each(routes)('lead back to where they were made: %j', (route) => {
    expect(parse(pathOf(route))).toEqual(route)
  })

  test('that mean nothing lead to the conversations', () => {
    expect(parse('/no/such/thing')).toEqual({ at: 'chats' })
    expect(parse('/settings/no')).toEqual({ at: 'settings', section: null })
  })
})

test('initials are letters or one emoji, in any script', () => {
  expect(initials('Marie Dubois')).toBe('MD')
  expect(initials('  anne-charlotte de Laval')).toBe('AL')
  expect(initials('🌱 Bảo')).toBe('🌱')
  expect(initials('👩‍👩‍👧 family')).toBe('👩‍👩‍👧')
  expect(initials('נועה לוי')).toBe('נל')
  expect(initials('(x)')).toBe('X')
  expect(initials('Class 7')).toBe('C7')
  expect(initials('…')).toBe('…')
})

test('a text is too long in bytes, not in letters', () => {
  expect(isTooLong('a'.repeat(65_536))).toBe(false)
  expect(isTooLong('a'.repeat(65_537))).toBe(true)
  expect(isTooLong('é'.repeat(32_769))).toBe(true)
})
