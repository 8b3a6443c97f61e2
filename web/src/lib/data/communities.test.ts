import { describe, expect, test } from 'vitest'
import type { CommunityInfo, ConversationInfo, MessageInfo } from '../../core/api'
import { translator } from '../i18n'
import {
  conversationsOf,
  fromCommunities,
  hasFresh,
  lastAnnouncement,
  unreadAnnouncements,
  withCommunity,
} from './communities'
import { titled } from './titles'

const community = (id: string, name: string, more: Partial<CommunityInfo> = {}) =>
  ({ community: id, name, state: 'active', announcements: `${id}-news`, unread: 0, ...more }) as CommunityInfo

const item = (group: string, kind: string, within?: string, unread = 0) =>
  ({ group, kind, community: within, unread, name: group, state: 'active' }) as ConversationInfo

const names = ({ list }: { list: readonly CommunityInfo[] }) => list.map(({ name }) => name).join(' ')

describe('communities', () => {
  test('stand by name, whatever happens in them', () => {
    const all = fromCommunities([community('c', 'Zebra'), community('b', 'école'), community('a', 'Choir')])
    expect(names(all)).toBe('Choir école Zebra')
    expect(names(withCommunity(all, community('c', 'Ant')))).toBe('Ant Choir école')
  })

  test('that one has left are not shown', () => {
    const all = fromCommunities([community('a', 'A'), community('b', 'B', { state: 'left' })])
    expect(names(all)).toBe('A')
    expect(names(withCommunity(all, community('a', 'A', { state: 'left' })))).toBe('')
  })
})

describe('the conversations of a community', () => {
  const list = [
    item('new', 'group', 'a'),
    item('room', 'admin_room', 'a'),
    item('elsewhere', 'group', 'b', 4),
    item('old', 'group', 'a'),
    item('a-news', 'announcements', 'a'),
    item('alone', 'group'),
  ]

  test('are its own, announcements first, then the admins’ room, then groups, latest first', () => {
    expect(conversationsOf(list, 'a').map(({ group }) => group)).toEqual(['a-news', 'room', 'new', 'old'])
  })

  test('say whether anything in it is unread', () => {
    expect(hasFresh(list, community('a', 'A'))).toBe(false)
    expect(hasFresh(list, community('b', 'B'))).toBe(true)
  })

  test('say more exactly than the community what is unread and newest there', () => {
    const last = { text: 'newest' } as MessageInfo
    const read = list.with(4, { ...item('a-news', 'announcements', 'a', 0), last })
    const stale = community('a', 'A', { unread: 3 })
    expect(unreadAnnouncements(read, stale)).toBe(0)
    expect(lastAnnouncement(read, stale)).toBe(last)
    expect(unreadAnnouncements([], stale)).toBe(3)
  })
})

describe('titles', () => {
  const t = translator('en')
  const all = [community('a', 'Riverside')]

  test('name the community, and what belongs to it as a whole', () => {
    expect(titled(t, item('x', 'announcements', 'a'), all)).toMatchObject({
      name: 'Announcements',
      communityName: 'Riverside',
    })
    expect(titled(t, item('x', 'admin_room', 'a'), all).name).toBe('Admin room')
    expect(titled(t, item('Boats', 'group'), all)).toMatchObject({ name: 'Boats', pending: false })
    expect(titled(t, item('Boats', 'group'), all).communityName).toBe(undefined)
  })

  test('stand in for names that are on their way', () => {
    const unnamed = { ...item('x', 'group', 'b'), name: '' }
    expect(titled(t, unnamed, [community('b', '')])).toMatchObject({
      name: 'Name on its way…',
      communityName: 'Name on its way…',
      pending: true,
    })
  })
})
