import fs from 'node:fs'
import { constants } from 'node:os'
import { FileSizeFault } from '../../../electron/store/faults/file-size-fault.ts'
import { StatementFault } from '../../../electron/store/faults/statement-fault.ts'
import { every, sweep, type Fault } from '../../../electron/store/faults/sweep.ts'

/** One sweep, for a process of its own. Usage: NAME; prints the report as JSON. With FAULT_CONTROL the shim is loaded. */
const kinds = { write: 1, sync: 2, truncate: 4, 'sync-or-truncate': 6 } as const

interface Plan {
  kind: keyof typeof kinds
  error: 'ENOSPC' | 'EIO'
  lasting?: boolean
  /** A write that fails later has written half of its bytes before. */
  partial?: boolean
}

class SystemCallFault implements Fault {
  readonly #control: number
  readonly #plan: Plan

  constructor(control: string, plan: Plan) {
    this.#control = fs.openSync(control, 'r+')
    this.#plan = plan
  }

  arm(n: number): void {
    const { kind, error, lasting = false, partial = false } = this.#plan
    this.#set([n, kinds[kind], constants.errno[error], lasting ? 1 : 0, partial ? 1 : 0, 0])
  }

  disarm(): boolean {
    const bytes = Buffer.alloc(48)
    fs.readSync(this.#control, bytes, 0, 48, 0)
    this.#set([0, 0, 0, 0, 0, 0])
    return bytes.readBigInt64LE(40) !== 0n
  }

  #set(words: number[]): void {
    const bytes = Buffer.alloc(48)
    for (const [i, word] of words.entries()) bytes.writeBigInt64LE(BigInt(word), i * 8)
    fs.writeSync(this.#control, bytes, 0, 48, 0)
  }
}

const systemCalls: Record<string, Plan> = {
  'write-enospc': { kind: 'write', error: 'ENOSPC' },
  'write-enospc-lasting': { kind: 'write', error: 'ENOSPC', lasting: true },
  'write-eio': { kind: 'write', error: 'EIO' },
  'write-half-then-enospc': { kind: 'write', error: 'ENOSPC', lasting: true, partial: true },
  'sync-eio': { kind: 'sync', error: 'EIO' },
  'sync-eio-lasting': { kind: 'sync', error: 'EIO', lasting: true },
  // What a refused commit has left in the log cannot be cut off either.
  'sync-and-truncate-eio-lasting': { kind: 'sync-or-truncate', error: 'EIO', lasting: true },
  'truncate-eio': { kind: 'truncate', error: 'EIO' },
}

export const sweepNames: readonly string[] = [
  'statement',
  'statement-lasting',
  'file-size',
  ...Object.keys(systemCalls),
]

async function main(): Promise<void> {
  const name = process.argv[2] ?? ''
  const plan = systemCalls[name]
  const control = process.env['FAULT_CONTROL']
  const report =
    name === 'statement'
      ? await sweep(new StatementFault(false), every(1, 1))
      : name === 'statement-lasting'
        ? await sweep(new StatementFault(true), every(1, 1))
        : name === 'file-size'
          ? await sweep(new FileSizeFault(), every(4096, 1, 2.5 * 1024 * 1024))
          : plan && control
            ? await sweep(new SystemCallFault(control, plan), every(1, 1))
            : null
  process.stdout.write(`${JSON.stringify(report)}\n`)
}

if (import.meta.main) await main()
