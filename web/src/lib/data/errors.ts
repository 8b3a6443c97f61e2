import { CoreError, type CoreErrorCode } from '../../core/error'
import { en, type Key } from '../../locales/en'
import type { Translate } from '../i18n'

/** The stable code of whatever was thrown. */
export function codeOf(error: unknown): CoreErrorCode {
  return error instanceof CoreError ? error.code : 'internal'
}

/** What to tell the person. A core that is newer than the page may have codes that the page has no words for. */
export function errorText(t: Translate, error: unknown): string {
  const of = error instanceof CoreError && error.handle !== null ? textOf(t, error.code, error.handle) : null
  if (of !== null) return of
  const key: Key & `error.${string}` = `error.${codeOf(error)}`
  return t(key in en ? key : 'error.internal')
}

/** Where several people were asked for: which of them it is about. */
function textOf(t: Translate, code: CoreErrorCode, handle: string): string | null {
  switch (code) {
    case 'unknown_handle':
      return t('add.unknown', { handle })
    case 'already_member':
      return t('add.member', { handle })
    case 'no_key_package':
      return t('add.keyless', { handle })
    default:
      return null
  }
}
