import { expect, test } from 'vitest'
import type { MessageInfo, Person } from '../../core/api'
import { translator } from '../../lib/i18n'
import { eventLine } from './eventLine'

const person = (name: string): Person => ({ account: name, handle: name.toLowerCase(), name })
const [ana, bob, cyr, dan, eve] = ['Ana', 'Bob', 'Cyr', 'Dan', 'Eve'].map(person) as [
  Person,
  Person,
  Person,
  Person,
  Person,
]

function line(
  kind: string,
  actor: Person,
  subjects: Person[],
  locale: 'en' | 'fr' = 'en',
  more: Partial<MessageInfo> = {},
): string {
  const event = { kind, sender: actor, subjects, ...more } as MessageInfo
  return eventLine(translator(locale), locale, event, 'Ana')
}

test('an event names who did it to whom, and oneself as you', () => {
  expect(line('created', ana, [])).toBe('You created the group')
  expect(line('added', ana, [bob, cyr])).toBe('You added Bob and Cyr')
  expect(line('added', bob, [ana, cyr], 'fr')).toBe('Ajout par Bob\u00a0: vous et Cyr')
  expect(line('joined', ana, [ana])).toBe('You joined by a link')
  expect(line('removed', bob, [cyr])).toBe('Bob removed Cyr')
  expect(line('device', bob, [bob])).toBe('Bob: a new device was added')
  expect(line('device', ana, [ana])).toBe('A new device of yours was added')
  expect(line('some-day', bob, [])).toContain('does not know yet')
})

test('an event says which role, which name, and that it was oneself', () => {
  expect(line('role', bob, [cyr], 'en', { role: 'admin' })).toBe('Bob changed the role of Cyr to Admin')
  expect(line('role', bob, [ana], 'en', { role: 'member' })).toBe('Bob changed your role to Member')
  expect(line('role', bob, [ana])).toBe('Bob changed your role')
  expect(line('removed', bob, [ana], 'fr')).toBe('Bob vous a retiré·e')
  expect(line('renamed', ana, [], 'en', { name: 'Choir' })).toBe('You changed the name to “Choir”')
  expect(line('renamed', ana, [])).toBe('You changed the name or description')
})

test('many people are counted', () => {
  expect(line('added', ana, [bob, cyr, dan, eve])).toBe(
    'You added Bob, Cyr, Dan and Eve'.replace('Dan and', 'Dan, and'),
  )
  expect(line('added', ana, [bob, cyr, dan, eve, person('Flo')])).toBe(
    'You added Bob, Cyr, Dan, and 2 others',
  )
})
