import type {
  CommunityInfo,
  CommunityMemberInfo,
  ConversationInfo,
  DirectoryInfo,
  MessageInfo,
  Person,
} from '../../../src/core/api'

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
      account: who.account,
      handle: who.handle,
      members: 2,
      quantum_safe: true,
      ...more,
    },
  )

const NEWS = 'news'
const QUARTER = 'quarter'
const SCHOOL = 'jeanmoulin'

const announced = { announcement: true } as const

export const NEWS_POSTS: MessageInfo[] = [
  say(
    NEWS,
    samir,
    3 * D,
    'Welcome to all who joined this week! You find the groups of the neighbourhood at the community’s home: join whatever you like.',
    announced,
  ),
  say(NEWS, ME, 2 * D, 'The flea market is on the 14th. Tables go to whoever asks first.', {
    ...announced,
    state: 'sent',
  }),
  say(NEWS, ME, D, 'Beds 4 to 9 get no water until Thursday: the pipe is being mended.', {
    ...announced,
    targets: ['garden2'],
    state: 'sent',
  }),
  say(
    NEWS,
    samir,
    50,
    'The water will be off on Tuesday from eight to noon, in the whole street.\nPlease fill a few bottles the evening before, and tell your neighbours who have no telephone.',
    announced,
  ),
]

export const BOOK: MessageInfo[] = [
  say('garden2', ines, 400, 'Who waters on Monday?'),
  say('garden2', bao, 390, 'I can.'),
  say('garden2', samir, 50, 'The shed gets a new lock on Friday. Ask me for the number.', {
    ...announced,
    targets: ['garden2'],
  }),
  say('garden2', ines, 20, 'Good, the old one was a joke.'),
  say('garden2', samir, 12, 'Both sheds stay closed on the 14th: everything is on the flea market.', {
    ...announced,
    targets: ['garden2', 'tools'],
  }),
]

/** `admin`: whether one runs it. */
export function communities(admin: boolean): CommunityInfo[] {
  return [
    {
      community: QUARTER,
      name: 'Quartier des Tanneurs',
      description:
        'Everybody who lives between the canal and the old tannery: tools, gardens, children, concerts, and what the town hall is up to.',
      role: admin ? 'owner' : 'member',
      state: 'active',
      announcements: NEWS,
      ...(admin && { admin_room: 'room', members: 1284, waiting: 2 }),
      unread: 1,
      epoch: 3,
      last: NEWS_POSTS.at(-1),
    },
    {
      community: SCHOOL,
      name: 'École Jean Moulin',
      description: '',
      role: 'member',
      state: 'active',
      announcements: 'school-news',
      unread: 0,
      epoch: 1,
    },
  ]
}

export function communityConversations(admin: boolean): ConversationInfo[] {
  const within = { community: QUARTER }
  const role = admin ? 'owner' : 'member'
  return [
    conversation(NEWS, 'Quartier des Tanneurs', NEWS_POSTS.at(-1), {
      ...within,
      kind: 'announcements',
      role,
      unread: 1,
    }),
    ...(admin
      ? [
          conversation('room', '', say('room', samir, 95, 'Two people wait to be let into the choir.'), {
            ...within,
            kind: 'admin_room',
            role: 'owner',
            members: 3,
            unread: 2,
            quantum_safe: true,
          }),
        ]
      : []),
    conversation('general', 'Général', say('general', noa, 30, 'שלום לכולם!'), {
      ...within,
      members: 1024,
      unread: 12,
    }),
    conversation('garden2', 'Shared garden', BOOK.at(-1), {
      ...within,
      members: 31,
      description: 'Beds and bees',
    }),
    conversation('pending', '', undefined, { ...within, members: 7 }),
    conversation('school-news', 'École Jean Moulin', undefined, {
      community: SCHOOL,
      kind: 'announcements',
    }),
  ]
}

const listed = (
  group: string,
  name: string,
  members: number | undefined,
  more: Partial<DirectoryInfo> = {},
): DirectoryInfo => ({
  group,
  community: QUARTER,
  name,
  description: '',
  join: 'open',
  default: false,
  members,
  joined: false,
  ...more,
})

export const DIRECTORY: DirectoryInfo[] = [
  listed('general', 'Général', 1024, { joined: true, default: true }),
  listed('garden2', 'Shared garden', 31, { joined: true }),
  listed('choir', 'Choir', 42, {
    description: 'Every Wednesday at half past seven, in the chapel. Whoever can hum can sing; we bring tea.',
  }),
  listed('tools', 'Tool library', 118, { description: 'Borrow a drill, lend a ladder.' }),
  listed('full', 'Lost and found', 1024, { description: 'Keys, cats, gloves.' }),
  listed('board', 'Association board', 9, {
    join: 'invite',
    description: 'Budget, insurance, and the never-ending story of the gate.',
  }),
]

export const COMMUNITY_MEMBERS: CommunityMemberInfo[] = Object.values(PEOPLE).map((one, index) => ({
  ...one,
  role: (['owner', 'admin'] as const)[index] ?? 'member',
}))

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
  conversation('later', 'Night market', undefined, { members: 40, began_earlier: true }),
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
