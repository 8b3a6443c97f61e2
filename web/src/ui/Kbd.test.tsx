import { act, cleanup, render } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { setLocale } from '../lib/i18n'
import { Kbd } from './Kbd'

afterEach(() => {
  cleanup()
  setLocale('en')
})

test('keys are called what stands on them in the person’s language', () => {
  const { container } = render(<Kbd keys="Shift+Enter" />)
  expect(container.textContent).toBe('ShiftEnter')
  act(() => setLocale('fr'))
  expect(container.textContent).toBe('MajEntrée')
})
