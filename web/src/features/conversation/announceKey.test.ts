import { expect, test } from 'vitest'
import { forgetKey, keyOf } from './announceKey'

test('an announcement that is tried again is the same one until it succeeds', () => {
  const first = keyOf('gardeners', 'Rain', ['b', 'a'])
  expect(keyOf('gardeners', 'Rain', ['a', 'b'])).toBe(first)
  expect(keyOf('sailors', 'Rain', ['a', 'b'])).not.toBe(first)
  forgetKey('gardeners')
  expect(keyOf('gardeners', 'Rain', ['a', 'b'])).not.toBe(first)
})

test('other words, or other groups, are another announcement', () => {
  const keys = [
    keyOf('gardeners', 'Rain', []),
    keyOf('gardeners', 'Sun', []),
    keyOf('gardeners', 'Sun', ['a']),
    keyOf('gardeners', 'Sun', ['a', 'b']),
  ]
  expect(new Set(keys).size).toBe(keys.length)
})
