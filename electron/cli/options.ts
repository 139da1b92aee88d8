import fs from 'node:fs'
import path from 'node:path'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { UsageError } from './io.ts'

type Options = NonNullable<ParseArgsConfig['options']>

/** Named options and positionals of a verb; what it does not know is wrong usage, not ignored. */
export function readOptions<T extends Options>(verb: string, argv: string[], options: T) {
  try {
    return parseArgs({ args: argv, options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(`millwright ${verb}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

export function required(verb: string, name: string, value: string | undefined): string {
  if (value === undefined || value === '') throw new UsageError(`millwright ${verb} needs --${name}.`)
  return value
}

/** 64 hex digits from a key file. */
export function readKeyFile(file: string): Uint8Array<ArrayBuffer> {
  let text: string
  try {
    text = fs.readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new UsageError(
      `The key file ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    )
  }
  if (!/^[0-9a-fA-F]{64}$/.test(text))
    throw new UsageError(`The key file ${file} does not hold a key: write 64 hexadecimal digits and nothing else.`)
  return Uint8Array.from(Buffer.from(text, 'hex'))
}

export function resolveFrom(cwd: string, file: string): string {
  return path.resolve(cwd, file)
}
