import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { CommunityInfo, Request } from '../../core/api'
import type { CoreClient, CoreEvent } from '../../core/client'
import { translator } from '../i18n'
import { Alarms, alarmText } from './alarms'
import { type Me, Session } from './session'

const CORE = '../crates/core/src'

/** What the core's sources raise under a name of its own; the other two are error codes of the protocol. */
function raised(): string[] {
  const files = readdirSync(CORE, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.rs'),
  )
  const own = files.flatMap((file) => {
    const source = readFileSync(join(CORE, file), 'utf8')
    const codes = source.matchAll(/Event::Alarm \{\s*code: (?:"(\w+)"|([A-Z_]+))/g)
    return [...codes].map(([, word, constant]) => {
      return word ?? new RegExp(`const ${constant}: &str = "(\\w+)"`).exec(source)?.[1] ?? constant ?? ''
    })
  })
  return [...new Set([...own, 'fork_detected', 'server_misbehaved'])].sort()
}

test('every alarm of the core has words in every language', () => {
  expect(raised()).toEqual([
    'body_withheld',
    'change_undone',
    'clock_skew',
    'commit_refused',
    'fork_detected',
    'history_unverified',
    'other_account',
    'receipt_differs',
    'server_misbehaved',
  ])
  for (const code of raised()) {
    for (const t of [translator('en'), translator('fr')]) {
      const { title, text } = alarmText(t, code)
      expect([code, title, title.includes(code)]).toEqual([code, expect.stringMatching(/.{10}/), false])
      expect([code, text]).toEqual([code, expect.stringMatching(/.{40}/)])
    }
  }
})

test('one that is newer than the page is told by its code', () => {
  expect(alarmText(translator('en'), 'new_danger')).toEqual({
    title: 'Something needs your attention: new_danger',
    text: '',
  })
})

describe('what was understood', () => {
  const gap = { code: 'server_misbehaved', conversation: 'garden' }
  const HOUR = 3_600_000
  let alarms: Alarms

  beforeEach(() => {
    alarms = new Alarms()
    alarms.take(gap, 0)
    alarms.take(gap, 1)
    alarms.understand(gap, 2)
  })

  test('is gone, and not told again as long as it only lasts', () => {
    alarms.take(gap, HOUR)
    expect(alarms.list.get()).toEqual([])
    alarms.take(gap, 2 * HOUR)
    expect(alarms.list.get()).toEqual([gap])
  })

  test('was so in its conversation alone', () => {
    alarms.take({ ...gap, conversation: 'choir' }, 3)
    alarms.take({ code: 'body_withheld', conversation: 'garden' }, 3)
    expect(alarms.list.get()).toHaveLength(2)
  })

  test('is told each time where each is another one', () => {
    const undone = { code: 'change_undone', conversation: 'garden' }
    alarms.take(undone, 3)
    alarms.understand(undone, 4)
    alarms.take(undone, 5)
    expect(alarms.list.get()).toEqual([undone])
  })
})

describe('a session', () => {
  const town = { community: 'town', name: 'Town', state: 'active', announcements: '' } as CommunityInfo
  let tell: (event: CoreEvent) => void
  let session: Session

  beforeEach(async () => {
    const answers: Partial<Record<Request['method'], unknown>> = {
      conversations: [],
      community_list: [town],
      community_show: { ...town, alarm: 'fork_detected' },
    }
    const core = {
      subscribe: (listener: (event: CoreEvent) => void) => {
        tell = listener
        return () => {}
      },
      subscribeState: () => () => {},
      request: async ({ method }: Request) => answers[method],
    } as unknown as CoreClient
    session = new Session(core, {} as Me)
    session.start()
    await settled()
  })

  const settled = () => new Promise((done) => setTimeout(done))

  test('keeps what is raised about a conversation', () => {
    tell({ event: 'alarm', code: 'change_undone', conversation: 'garden' })
    tell({ event: 'alarm', code: 'other_account', conversation: null })
    expect(session.alarms.list.get()).toEqual([
      { code: 'change_undone', conversation: 'garden' },
      { code: 'other_account', conversation: null },
    ])
  })

  test('sees at once that a community was stopped, and leaves what is stopped to say so itself', async () => {
    tell({ event: 'alarm', code: 'fork_detected', conversation: 'town' })
    tell({ event: 'alarm', code: 'fork_detected', conversation: 'garden' })
    await settled()
    expect(session.communities.get().list[0]?.alarm).toBe('fork_detected')
    expect(session.alarms.list.get()).toEqual([])
  })
})
