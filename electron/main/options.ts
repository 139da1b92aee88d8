import { resolve } from 'node:path'

export interface Options {
  /** The data folder, when given. */
  data: string | undefined
  /** A plant file; without it the built-in simulated plant runs. */
  plant: string | undefined
  /** A broker for the simulated plant to stand before, `mqtt://host:port`; for demonstrations and tests. */
  broker: string | undefined
  /** A folder for screenshots of the window. */
  capture: string | undefined
  /** Start in the tray. */
  hidden: boolean
}

/** Reads our own options out of an argument list that also carries Chromium's switches; both `--a b` and `--a=b`. */
export function parseOptions(argv: readonly string[], cwd: string): Options {
  const value = (name: string): string | undefined => {
    const joined = argv.find((arg) => arg.startsWith(`${name}=`))
    const index = argv.indexOf(name)
    const found = joined === undefined ? (index === -1 ? undefined : argv[index + 1]) : joined.slice(name.length + 1)
    if (found === undefined && index === -1) return undefined
    if (found === undefined || found === '' || found.startsWith('--')) {
      throw new UsageError(
        `${name} needs a value after it, for example: ${name} ${name === '--broker' ? 'mqtt://127.0.0.1:1883' : './path'}`,
      )
    }
    return found
  }
  const path = (name: string): string | undefined => {
    const found = value(name)
    return found === undefined ? undefined : resolve(cwd, found)
  }
  return {
    data: path('--data'),
    plant: path('--plant'),
    broker: value('--broker'),
    capture: path('--capture'),
    hidden: argv.includes('--hidden'),
  }
}

export class UsageError extends Error {
  override name = 'UsageError'
}
