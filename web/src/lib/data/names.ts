import type { ConversationInfo, MessageInfo, Person } from '../../core/api'

/** Stands for a name that is still on its way. */
const UNKNOWN = '…'

function nameOr(name: string, handle: string | undefined): string {
  if (name !== '') return name
  return handle ? `@${handle}` : UNKNOWN
}

/** Nobody is shown without a name: their handle stands in for it, or a sign. */
export function named<P extends Pick<Person, 'name' | 'handle'>>(person: P): P {
  return person.name === '' ? { ...person, name: nameOr('', person.handle) } : person
}

export function namedMessage(message: MessageInfo): MessageInfo {
  return {
    ...message,
    sender: named(message.sender),
    ...(message.subjects && { subjects: message.subjects.map(named) }),
  }
}

/** A group without a name keeps none: what stands for it depends on the language (`titled`). */
export function namedConversation(item: ConversationInfo): ConversationInfo {
  return {
    ...item,
    name: item.kind === 'direct' ? nameOr(item.name, item.handle) : item.name,
    ...(item.last && { last: namedMessage(item.last) }),
  }
}

export function isUnnamed(name: string, handle: string | undefined): boolean {
  return name === UNKNOWN || name === handle || name === `@${handle}`
}

/** Is a name still on its way? */
export function lacksNames(list: readonly ConversationInfo[], messages: readonly MessageInfo[]): boolean {
  const newest = list.flatMap((item) => item.last ?? [])
  const people = [...messages, ...newest].flatMap((message) => [message.sender, ...(message.subjects ?? [])])
  return (
    list.some((item) => item.kind === 'direct' && isUnnamed(item.name, item.handle)) ||
    people.some((person) => isUnnamed(person.name, person.handle))
  )
}
