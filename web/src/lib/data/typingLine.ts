import type { Person } from '../../core/api'
import type { Translate } from '../i18n'

/** Who is typing, in words; empty when nobody is. */
export function typingLine(t: Translate, people: readonly Person[]): string {
  const [first, second] = people
  if (!first) return ''
  if (!second) return t('typing.one', { name: first.name })
  return people.length === 2 ? t('typing.two', { first: first.name, second: second.name }) : t('typing.many')
}
