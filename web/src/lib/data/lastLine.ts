import type { ConversationInfo } from '../../core/api'
import type { Translate } from '../i18n'
import type { Draft } from './session'

/** The line under a conversation's name. */
export function lastLine(t: Translate, item: ConversationInfo, me: string, draft: Draft | undefined): string {
  const drafted = draft?.text.trim()
  if (drafted) return t('chats.draft', { text: oneLine(drafted) })
  const last = item.last
  if (!last) return nothingLine(t, item)
  const text = last.text === null ? t('chats.line.deleted') : oneLine(last.text)
  if (last.sender.account === me) return t('chats.line.you', { text })
  return item.kind === 'direct' ? text : t('chats.line.sender', { name: last.sender.name, text })
}

/** Where nothing is to be shown: that nothing was written, or nothing since one came. */
export function nothingLine(t: Translate, item: Pick<ConversationInfo, 'kind' | 'began_earlier'>): string {
  if (item.kind === 'announcements')
    return t(item.began_earlier ? 'announcements.since' : 'communities.line.none')
  return t(item.began_earlier ? 'chats.line.since' : 'chats.line.created')
}

/** As much of a text as a line can show. */
export function oneLine(text: string): string {
  return text.slice(0, 200).replace(/\s+/g, ' ').trim()
}
