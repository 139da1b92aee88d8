import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'

/** Whole or not at all: written beside, flushed to the disk, then renamed over. */
export function writeAtomically(file: string, content: string | Uint8Array, mode = 0o600): void {
  const beside = `${file}.${process.pid}.tmp`
  try {
    const handle = openSync(beside, 'w', mode)
    try {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content
      let written = 0
      while (written < bytes.byteLength) written += writeSync(handle, bytes, written)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(beside, file)
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  }
}
