import { beforeEach, expect, test } from 'vitest'
import { forgetInviteLink, keepInviteLink, pendingTicket, setPending, takeInviteLinks } from './inviteLink'

const LINK = 'https://chat.example.org/i/mfrggzdf#gayt'

beforeEach(() => {
  sessionStorage.clear()
  takeInviteLinks()
})

test('an invitation is gone on to when it was found to work, and also after a reload', () => {
  expect(keepInviteLink(LINK)).toBe('mfrggzdf')
  expect(pendingTicket()).toBe(null)
  setPending('mfrggzdf')
  takeInviteLinks()
  expect(pendingTicket()).toBe('mfrggzdf')
})

test('an invitation that does not work, or that one has left, is not gone on to', () => {
  keepInviteLink(LINK)
  setPending(null)
  expect(pendingTicket()).toBe(null)
  setPending('mfrggzdf')
  forgetInviteLink()
  expect(pendingTicket()).toBe(null)
  expect(sessionStorage.length).toBe(0)
})

test('another link takes the place of the one that was pending', () => {
  keepInviteLink(LINK)
  setPending('mfrggzdf')
  keepInviteLink('https://chat.example.org/i/nbswy3dp#gayt')
  expect(pendingTicket()).toBe(null)
})
