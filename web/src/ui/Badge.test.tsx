import { cleanup, render } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { UnreadBadge } from './Badge'

afterEach(cleanup)

test.each([
  [0, ''],
  [1, '1'],
  [999, '999'],
  [1_000, '999+'],
])('%d unread messages are shown as "%s"', (count, shown) => {
  const { container } = render(<UnreadBadge count={count} />)
  expect(container.querySelector('[aria-hidden]')?.textContent ?? '').toBe(shown)
})

test('a screen reader is told the whole number', () => {
  expect(render(<UnreadBadge count={1_284} />).container.textContent).toContain('1,284 unread messages')
})
