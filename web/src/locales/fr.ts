import type { Message } from '../lib/i18n'
import type { Catalogue } from './en'
import { alarms } from './fr/alarms'
import { chats } from './fr/chats'
import { common } from './fr/common'
import { community } from './fr/community'
import { conversation } from './fr/conversation'
import { errors } from './fr/errors'
import { group } from './fr/group'
import { onboarding } from './fr/onboarding'
import { settings } from './fr/settings'

/** French puts a space that never breaks before `: ; ? !` and inside guillemets. */
function spaced(text: string): string {
  return text
    .replace(/ ([:»])/g, '\u00a0$1')
    .replace(/ ([;!?])/g, '\u202f$1')
    .replace(/« /g, '«\u00a0')
}

function spacedMessage(message: Message): Message {
  return typeof message === 'string'
    ? spaced(message)
    : { one: spaced(message.one), other: spaced(message.other) }
}

const texts: Catalogue = {
  ...common,
  ...alarms,
  ...onboarding,
  ...chats,
  ...conversation,
  ...community,
  ...group,
  ...settings,
  ...errors,
}

export const fr = Object.fromEntries(
  Object.entries(texts).map(([key, message]) => [key, spacedMessage(message)]),
) as unknown as Catalogue
