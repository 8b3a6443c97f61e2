import type { ErrorCode } from './api'

/** `unsupported_browser` comes from the page itself; all others from the core (docs/protocol.md §2.5). */
export type CoreErrorCode = ErrorCode | 'unsupported_browser'

/** A refused or failed request. `message` is English, for developers; people get a sentence by `code`. */
export class CoreError extends Error {
  override readonly name = 'CoreError'
  readonly code: CoreErrorCode
  /** Which of the handles that were asked for it concerns. */
  readonly handle: string | null

  constructor(code: CoreErrorCode, message: string, handle: string | null = null) {
    super(message)
    this.code = code
    this.handle = handle
  }
}
