import type { ConversationInfo, MessageInfo, Person } from '../../../src/core/api'

const person = (handle: string, name: string): Person => ({ handle, name, account: `acc${handle}` })

export const ME = person('marie', 'Marie Dubois')
export const PEOPLE = {
  marie: ME,
  samir: person('samir', 'Samir Benali'),
  ines: person('ines.r', 'Inès Rodrigues'),
  noa: person('noa', 'נועה לוי'),
  bao: person('bao', '🌱 Bảo'),
  long: person('anne-charlotte', 'Anne-Charlotte de Montmorency-Laval du Château-Thierry'),
} as const

const DAY = 86_400_000
const now = Date.now()
let seq = 0

/** `ago` in minutes. */
function say(
  conversation: string,
  who: Person,
  ago: number,
  text: string,
  more: Partial<MessageInfo> = {},
): MessageInfo {
  seq += 1
  return {
    message: `m${seq}`,
    conversation,
    seq,
    sender: who,
    at: new Date(now - ago * 60_000).toISOString(),
    kind: 'text',
    text,
    edited: false,
    files: [],
    reply_to: null,
    announcement: false,
    state: who === ME ? 'delivered' : 'received',
    ...more,
  }
}

const { samir, ines, noa, bao, long } = PEOPLE
const G = 'garden'
const D = DAY / 60_000

export const GARDEN: MessageInfo[] = [
  say(G, ME, 2 * D + 240, '', { kind: 'created', text: null }),
  say(G, ME, 2 * D + 239, '', { kind: 'added', text: null, subjects: [samir, ines, noa, bao, long] }),
  say(
    G,
    ME,
    2 * D + 200,
    'Hello everybody, and welcome! The town hall has lent us the plot behind the school for three years. 🎉',
  ),
  say(G, ME, 2 * D + 199, 'First question: who has tools to share?'),
  say(G, samir, 2 * D + 190, 'Wonderful news! I have a wheelbarrow, two spades and far too many seeds.'),
  say(G, bao, 2 * D + 180, '🌻🥕'),
  say(
    G,
    ines,
    D + 300,
    'I made a plan of the beds: https://example.org/plan/behind-the-school?version=2 (the tomatoes get the wall, of course).',
  ),
  say(G, ines, D + 299, 'Tell me if you disagree, nothing is fixed.'),
  say(G, samir, D + 250, '', { kind: 'joined', text: null, subjects: [long] }),
  say(
    G,
    long,
    D + 240,
    'Thank you for the invitation! I have been looking for something like this since we moved here. I can come on Saturdays, and my daughter would like to keep a small corner for strawberries, if there is room for it somewhere near the gate.',
  ),
  say(G, noa, D + 200, 'שלום לכולם! אני מביאה את העגבניות ביום שבת.'),
  say(G, ME, 200, 'There is room for strawberries.', { reply_to: 'm10' }),
  say(G, ME, 199, 'Saturday at ten, then? I bring coffee.', { state: 'sent' }),
  say(G, samir, 60, '', { kind: 'renamed', text: null }),
  say(G, samir, 42, 'Ten is perfect.', { reply_to: 'm13' }),
  say(
    G,
    samir,
    41,
    'I will open the shed at half past nine so that we can sort the tools first. Whoever has gloves, bring them: the brambles along the fence are not friendly.',
  ),
  say(G, bao, 9, 'Can’t wait!'),
]

function conversation(
  group: string,
  name: string,
  last: MessageInfo | undefined,
  more: Partial<ConversationInfo> = {},
): ConversationInfo {
  return {
    group,
    kind: 'group',
    name,
    description: '',
    members: 12,
    role: 'member',
    state: 'active',
    unread: 0,
    seq: last?.seq ?? 1,
    quantum_safe: false,
    last,
    ...more,
  }
}

const direct = (
  who: Person,
  text: string,
  ago: number,
  more: Partial<ConversationInfo> = {},
  from: Person = who,
) =>
  conversation(
    `d${who.handle.replace('.', '')}`,
    who.name,
    say(`d${who.handle.replace('.', '')}`, from, ago, text),
    {
      kind: 'direct',
      handle: who.handle,
      members: 2,
      quantum_safe: true,
      ...more,
    },
  )

export const CONVERSATIONS: ConversationInfo[] = [
  conversation(G, 'Shared garden', GARDEN.at(-1), {
    description: 'The plot behind the school. Saturdays at ten, rain or shine.',
    members: 6,
    role: 'admin',
    unread: 3,
  }),
  direct(samir, 'See you on Saturday!', 14, { unread: 1 }),
  direct(
    person('lea.m', 'Léa Martin'),
    'Hello, I got your handle from Inès. Could I join the garden too?',
    75,
    { state: 'request', unread: 1 },
  ),
  conversation(
    'school',
    'Parents of Jean Moulin primary school, classes 3A to 5C',
    say('school', long, 180, 'The bus leaves at 8:15 sharp tomorrow.'),
    { members: 214, unread: 27 },
  ),
  direct(ines, 'Merci !', 600, {}, ME),
  conversation(
    'choir',
    'Choir',
    say('choir', bao, 1600, 'Is anybody else humming the second movement all day?'),
    { members: 31 },
  ),
  direct(noa, 'תודה רבה!', 3000),
  conversation('repair', 'Repair café', say('repair', samir, 4000, 'The toaster lives.'), {
    members: 48,
    alarm: 'fork_detected',
  }),
  conversation('book', 'Book club', undefined, { members: 1, role: 'admin' }),
  conversation('oldflat', 'Old flat share', say('oldflat', bao, 60_000, 'Bye, dear kitchen.'), {
    state: 'left',
    members: 0,
  }),
]

/** Enough to scroll through. */
export function manyMessages(count: number): MessageInfo[] {
  return Array.from({ length: count }, (_, index) => {
    const who = [samir, ines, ME, bao][Math.floor(index / 3) % 4] ?? samir
    return say(
      G,
      who,
      (count - index) * 7,
      `Message ${index + 1}. ${'And on it goes. '.repeat((index * 7) % 13)}`,
    )
  })
}
