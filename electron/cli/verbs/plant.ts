import { runPlant as run } from '../../plant/run.ts'
import type { CliIo } from '../io.ts'

/** `millwright plant`: the same as the plant's own process, see electron/plant/run.ts. */
export function runPlant(argv: string[], io: CliIo): Promise<number> {
  return run(argv, io)
}
