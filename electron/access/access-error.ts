export type AccessErrorCode =
  | 'sign-in'
  | 'denied'
  | 'wrong-password'
  | 'locked'
  | 'weak-password'
  | 'bad-account'
  | 'last-administrator'

/** A refusal in one sentence for the person who asked, and what to do next. */
export class AccessError extends Error {
  override name = 'AccessError'
  readonly code: AccessErrorCode
  readonly remedy: string | null
  constructor(code: AccessErrorCode, message: string, remedy: string | null = null) {
    super(message)
    this.code = code
    this.remedy = remedy
  }
}
