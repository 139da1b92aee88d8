import fs from 'node:fs'
import { UsageError } from '../io.ts'

/** Through a file beside it and a rename: whoever reads `out` sees the old file or the whole new one, also after a full disk. */
export async function writeWhole(
  verb: string,
  out: string,
  body: (write: (piece: string | Uint8Array) => void) => Promise<void>,
): Promise<void> {
  const part = `${out}.${process.pid}.part`
  const onDisk = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      const remedy = why.startsWith('ENOSPC') ? 'make room or choose another --out' : 'choose another --out'
      throw new UsageError(`millwright ${verb}: ${out} cannot be written (${why}); ${remedy}.`, { cause: error })
    }
  }
  const descriptor = onDisk(() => fs.openSync(part, 'w'))
  let open = true
  try {
    await body((piece) => onDisk(() => fs.writeFileSync(descriptor, piece)))
    onDisk(() => fs.fsyncSync(descriptor))
    open = false
    onDisk(() => fs.closeSync(descriptor))
    onDisk(() => fs.renameSync(part, out))
  } catch (error) {
    if (open) fs.closeSync(descriptor)
    fs.rmSync(part, { force: true })
    throw error
  }
}
