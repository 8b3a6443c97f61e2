import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { Toaster } from './Toast'
import { useCopy } from './useCopy'

function CopyButton() {
  const copy = useCopy()
  return (
    <button type="button" onClick={() => copy('@marie')}>
      Copy
    </button>
  )
}

function press(clipboard: Partial<Clipboard> | undefined) {
  vi.stubGlobal('navigator', Object.create(navigator, { clipboard: { value: clipboard } }))
  render(
    <Toaster label="Notices" closeLabel="Close">
      <CopyButton />
    </Toaster>,
  )
  fireEvent.click(screen.getByText('Copy'))
}

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

test('what was copied is said', async () => {
  const writeText = vi.fn(async () => {})
  press({ writeText })
  expect(await screen.findAllByText('Copied')).not.toHaveLength(0)
  expect(writeText).toHaveBeenCalledWith('@marie')
})

test.each([
  ['the clipboard is refused', { writeText: () => Promise.reject(new DOMException('no')) }],
  ['there is no clipboard', undefined],
])('it is said, too, when %s', async (_, clipboard) => {
  press(clipboard)
  expect(await screen.findAllByText(/did not allow copying/)).not.toHaveLength(0)
})
