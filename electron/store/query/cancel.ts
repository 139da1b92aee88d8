import { TwinError } from '../errors.ts'

/** Set by whoever asked: the read that a thread is busy with ends at its next look. */
export type CancelFlag = Int32Array

export function newCancelFlag(): CancelFlag {
  return new Int32Array(new SharedArrayBuffer(4))
}

export function raise(flag: CancelFlag): void {
  Atomics.store(flag, 0, 1)
}

let current: CancelFlag | null = null

/**
 * Runs a read that can be cancelled while it is busy. A flag in shared memory, since a thread that reads looks at no messages;
 * and slices with pauses would let go of the one state of the file that a read must see from its first row to its last.
 */
export function cancellable<T>(flag: CancelFlag | null, body: () => T): T {
  current = flag
  try {
    stopIfCancelled()
    return body()
  } finally {
    current = null
  }
}

/** Called wherever a long read takes its next piece (a chunk, a batch, a row of a log). Throws `cancelled`. */
export function stopIfCancelled(): void {
  if (current !== null && Atomics.load(current, 0) !== 0) throw cancelled()
}

export function cancelled(): TwinError {
  return new TwinError('cancelled', 'The read was cancelled: whoever asked no longer needs the answer.')
}
