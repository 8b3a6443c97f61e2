import type { AnswerTo } from '../../core/client'
import type { Session } from '../../lib/data/session'
import type { Route } from '../../lib/router'

/** What one has entered. */
export type Joined = { group: string } | { community: string }

type JoinAnswer = AnswerTo<{ method: 'join'; params: { link: string } }>

/** Enters by a link. Which groups of a community were full is told at its home. */
export async function join(session: Session, link: string): Promise<Joined> {
  const answer: JoinAnswer = await session.core.request({ method: 'join', params: { link } })
  if ('community' in answer && answer.full?.length) session.setFull(answer.community, answer.full)
  return answer
}

export function routeOf(joined: Joined): Route {
  return 'community' in joined
    ? { at: 'community', id: joined.community, pane: 'none' }
    : { at: 'conversation', id: joined.group, pane: 'none' }
}
