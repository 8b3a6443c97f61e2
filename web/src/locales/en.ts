import type { Message } from '../lib/i18n'
import { alarms } from './en/alarms'
import { chats } from './en/chats'
import { common } from './en/common'
import { community } from './en/community'
import { conversation } from './en/conversation'
import { errors } from './en/errors'
import { group } from './en/group'
import { onboarding } from './en/onboarding'
import { settings } from './en/settings'

/** English is the source: its keys and their holes are what every other language must have. */
export const en = {
  ...common,
  ...alarms,
  ...onboarding,
  ...chats,
  ...conversation,
  ...community,
  ...group,
  ...settings,
  ...errors,
} as const

export type Key = keyof typeof en

/** A catalogue in any language. */
export type Catalogue = Readonly<Record<Key, Message>>

/** The same part of the catalogue in another language: a text where English has one, plural forms where it has them. */
export type Same<Part> = {
  readonly [K in keyof Part]: Part[K] extends string
    ? string
    : { readonly one: string; readonly other: string }
}
