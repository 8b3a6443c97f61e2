import type { MessageInfo, Person } from '../../core/api'
import type { Translate } from '../../lib/i18n'

const NAMES_MAX = 4

/** Several people as a list in words. */
function namesOf(t: Translate, tag: string, people: readonly Person[], me: string): string {
  const names = people.map((person) => (person.account === me ? t('event.you') : person.name))
  const shown = names.length > NAMES_MAX ? names.slice(0, NAMES_MAX - 1) : names
  const rest = names.length - shown.length
  const all = rest > 0 ? [...shown, t('event.others', { count: rest })] : shown
  return new Intl.ListFormat(tag, { type: 'conjunction' }).format(all)
}

/** What a membership event says. */
export function eventLine(t: Translate, tag: string, event: MessageInfo, me: string): string {
  const own = event.sender.account === me
  const actor = event.sender.name
  const people = event.subjects?.length ? event.subjects : [event.sender]
  const subjects = namesOf(t, tag, people, me)
  const onlyMe = !own && people.length === 1 && people[0]?.account === me
  switch (event.kind) {
    case 'created':
      return own ? t('event.created.you') : t('event.created', { actor })
    case 'added':
      if (onlyMe) return t('event.added.me', { actor })
      return own ? t('event.added.you', { subjects }) : t('event.added', { actor, subjects })
    case 'joined':
      return people.some((person) => person.account === me)
        ? t('event.joined.you')
        : t('event.joined', { subjects })
    case 'removed':
      if (onlyMe) return t('event.removed.me', { actor })
      return own ? t('event.removed.you', { subjects }) : t('event.removed', { actor, subjects })
    case 'left':
      return t('event.left', { subjects })
    case 'role':
      if (event.role) {
        const role = t(`role.${event.role}`)
        if (onlyMe) return t('event.role.to.me', { actor, role })
        return own
          ? t('event.role.to.you', { subjects, role })
          : t('event.role.to', { actor, subjects, role })
      }
      if (onlyMe) return t('event.role.me', { actor })
      return own ? t('event.role.you', { subjects }) : t('event.role', { actor, subjects })
    case 'device':
      return people.some((person) => person.account === me)
        ? t('event.device.you')
        : t('event.device', { subjects })
    case 'renamed':
      if (event.name !== undefined) {
        const { name } = event
        return own ? t('event.name.you', { name }) : t('event.name', { actor, name })
      }
      return own ? t('event.renamed.you') : t('event.renamed', { actor })
    default:
      return t('event.unknown', { actor })
  }
}
