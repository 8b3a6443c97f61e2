import { CoreError, type CoreErrorCode } from '../../core/error'
import type { Key } from '../../locales/en'
import type { Translate } from '../i18n'

/** The stable code of whatever was thrown. */
export function codeOf(error: unknown): CoreErrorCode {
  return error instanceof CoreError ? error.code : 'internal'
}

/** What to tell the person. */
export function errorText(t: Translate, error: unknown): string {
  return t(`error.${codeOf(error)}` satisfies Key)
}
