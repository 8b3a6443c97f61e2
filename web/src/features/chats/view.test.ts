import { expect, test } from 'vitest'
import type { MessageInfo } from '../../core/api'
import { lastLine } from '../../lib/data/lastLine'
import type { Titled } from '../../lib/data/titles'
import { translator } from '../../lib/i18n'
import { type Filter, matching, nearest } from './view'

function item(name: string, more: Partial<Titled> = {}): Titled {
  return {
    group: name,
    kind: 'group',
    name,
    description: '',
    members: 3,
    role: 'member',
    state: 'active',
    unread: 0,
    seq: 1,
    quantum_safe: false,
    pending: false,
    ...more,
  }
}

const list = [
  item('Café des parents', { unread: 2 }),
  item('Inès Rodrigues', { kind: 'direct', handle: 'ines.r' }),
  item('Repair café'),
  item('Léa', { kind: 'direct', handle: 'lea', state: 'request' }),
]
const found = (typed: string, filter?: Filter) => matching(list, typed, filter).map((i) => i.name)

test('typed words begin words of the name, whatever the accents', () => {
  expect(found('cafe')).toEqual(['Café des parents', 'Repair café'])
  expect(found('CAFÉ rep')).toEqual(['Repair café'])
  expect(found('afe')).toEqual([])
  expect(found('')).toHaveLength(4)
})

test('the name of a community finds its conversations', () => {
  const items = [
    item('General', { communityName: 'Riverside' }),
    item('General', { communityName: 'School' }),
  ]
  expect(matching(items, 'riv gen')).toEqual([items[0]])
})

test('what is called so itself comes before what is in a community of that name', () => {
  const items = [
    item('General', { communityName: 'Riverside' }),
    item('Riverside choir'),
    item('Ana', { kind: 'direct', handle: 'riverside' }),
    item('Riverside'),
  ]
  const names = (typed: string) => nearest(items, typed).map(({ name }) => name)
  expect(names('river')).toEqual(['Riverside choir', 'Ana', 'Riverside', 'General'])
  expect(names('')).toEqual(items.map(({ name }) => name))
})

test('a handle finds its person, with or without @', () => {
  expect(found('ines.r')).toEqual(['Inès Rodrigues'])
  expect(found('@ines')).toEqual(['Inès Rodrigues'])
})

test('filters keep what they say; a request counts as unread', () => {
  expect(found('', 'unread')).toEqual(['Café des parents', 'Léa'])
  expect(found('', 'direct')).toEqual(['Inès Rodrigues', 'Léa'])
  expect(found('cafe', 'unread')).toEqual(['Café des parents'])
})

test('the last line says who wrote, except where it is plain', () => {
  const t = translator('en')
  const message = (account: string, text: string | null) =>
    ({ sender: { account, handle: account, name: 'Samir' }, text }) as MessageInfo
  const group = (last: MessageInfo) => item('g', { last })
  expect(lastLine(t, group(message('samir', 'one\n two')), 'me', undefined)).toBe('Samir: one two')
  expect(lastLine(t, group(message('me', 'hello')), 'me', undefined)).toBe('You: hello')
  expect(lastLine(t, { ...group(message('samir', 'hello')), kind: 'direct' }, 'me', undefined)).toBe('hello')
  expect(lastLine(t, group(message('samir', null)), 'me', undefined)).toBe('Samir: Message deleted')
  expect(lastLine(t, item('g'), 'me', undefined)).toBe('No messages yet')
  expect(lastLine(t, item('g'), 'me', { text: ' half a ', replyTo: null, to: [] })).toBe('Draft: half a')
})
