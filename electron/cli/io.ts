import type { Twin } from '../store/api.ts'

/** What a verb may touch of the process it runs in; handed in so that verbs can be tested and run by the engine's socket. */
export interface CliIo {
  stdout(text: string): void
  /** Standard output for bytes; missing where it is a terminal. */
  stdoutBytes?(bytes: Uint8Array): void
  stderr(text: string): void
  /** The caller's folder: relative paths are meant from there. */
  cwd: string
  /** One JSON document on stdout, everything else on stderr. */
  json: boolean
}

/** Wrong usage or bad input: one clear sentence, exit 2. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** Where a verb gets an open twin from: its own read-only handle, or the running engine's. */
export type TwinProvider = () => Promise<Twin>
