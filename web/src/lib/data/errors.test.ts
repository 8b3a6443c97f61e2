import { expect, test } from 'vitest'
import { CoreError } from '../../core/error'
import { translator } from '../i18n'
import { errorText } from './errors'

test('an error that concerns one of several people says which', () => {
  const t = translator('en')
  const text = (handle?: string) => errorText(t, new CoreError('unknown_handle', 'no', handle))
  expect(text('nobody')).toBe('Nobody on this server has the handle @nobody. Nobody was added.')
  expect(text()).toBe('Nobody on this server has this handle.')
  expect(errorText(t, new CoreError('forbidden', 'no', 'nobody'))).toBe('Your role does not allow this.')
})
