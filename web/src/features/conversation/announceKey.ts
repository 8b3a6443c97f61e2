// Under which key an announcement is made. One that was given up may have left, and be made all the same: made again
// with the same words to the same groups, it is the same announcement.

interface Attempt {
  /** What is announced, and to which groups. */
  what: string
  key: string
}

/** What was tried last in each community and has not succeeded. */
const attempts = new Map<string, Attempt>()

/** The same for as long as nothing else is announced in this community. */
export function keyOf(community: string, text: string, to: readonly string[]): string {
  const what = JSON.stringify([text, ...[...to].sort()])
  const last = attempts.get(community)
  if (last?.what === what) return last.key
  const key = crypto.randomUUID()
  attempts.set(community, { what, key })
  return key
}

/** It was made: the same words are another announcement from now on. */
export function forgetKey(community: string) {
  attempts.delete(community)
}
