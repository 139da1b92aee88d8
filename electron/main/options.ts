import { resolve } from 'node:path'

export interface Options {
  /** The data folder, when given. */
  data: string | undefined
  /** A plant file; without it the built-in simulated plant runs. */
  plant: string | undefined
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
      throw new UsageError(`${name} needs a path after it, for example: ${name} ./folder`)
    }
    return resolve(cwd, found)
  }
  return {
    data: value('--data'),
    plant: value('--plant'),
    capture: value('--capture'),
    hidden: argv.includes('--hidden'),
  }
}

export class UsageError extends Error {
  override name = 'UsageError'
}
