import { cleanup, createEvent, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { navigate } from '../lib/router'
import { RouteLink } from './RouteLink'

afterEach(() => {
  cleanup()
  navigate({ at: 'chats' })
})

function click(keys: MouseEventInit): boolean {
  render(<RouteLink to={{ at: 'settings', section: 'about' }}>About</RouteLink>)
  const link = screen.getByRole('link')
  const event = createEvent.click(link, keys)
  // What the browser would do is not what is tested, and jsdom says that it cannot.
  link.parentElement?.addEventListener('click', (late) => late.preventDefault(), { once: true })
  fireEvent(link, event)
  return location.pathname === '/settings/about'
}

test('a link is followed within the page', () => {
  expect(click({})).toBe(true)
})

test.each(['metaKey', 'ctrlKey', 'shiftKey', 'altKey'])('with %s it is left to the browser', (key) => {
  expect(click({ [key]: true })).toBe(false)
})
