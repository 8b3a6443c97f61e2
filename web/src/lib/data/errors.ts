import { CoreError, type CoreErrorCode } from '../../core/error'
import { en, type Key } from '../../locales/en'
import type { Translate } from '../i18n'

/** The stable code of whatever was thrown. */
export function codeOf(error: unknown): CoreErrorCode {
  return error instanceof CoreError ? error.code : 'internal'
}

/** What to tell the person. A core that is newer than the page may have codes that the page has no words for. */
export function errorText(t: Translate, error: unknown): string {
  const key: Key & `error.${string}` = `error.${codeOf(error)}`
  return t(key in en ? key : 'error.internal')
}
