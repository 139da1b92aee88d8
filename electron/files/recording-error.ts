/** A recording that cannot be used; the message says what, where and how to mend it. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError'
}
