// All set-up output goes to stderr: stdout belongs to the verbs that print one JSON document.
export function say(text) {
  process.stderr.write(`[set-up] ${text}\n`)
}

/** A fault the user can mend: its message is printed without a stack. */
export class SetupError extends Error {
  constructor(message, options) {
    super(message, options)
    this.name = 'SetupError'
  }
}
