import type { MessageInfo } from '../../core/api'

/** What still waits in the outbox has no position yet and stands last. */
function position(message: MessageInfo): number {
  return message.seq === 0 ? Number.POSITIVE_INFINITY : message.seq
}

/** Puts a message where it belongs, or replaces it where it stands. Ordered by position, as the core reads. */
export function withMessage(list: readonly MessageInfo[], message: MessageInfo): readonly MessageInfo[] {
  const at = list.findIndex((other) => other.message === message.message)
  const before = list[at]
  if (before && before.seq === message.seq) return list.with(at, message)
  const others = before ? list.toSpliced(at, 1) : list
  const after = others.findLastIndex((other) => position(other) <= position(message))
  return others.toSpliced(after + 1, 0, message)
}
