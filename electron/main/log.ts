import { createWriteStream, mkdirSync, renameSync, statSync, type WriteStream } from 'node:fs'
import { join } from 'node:path'

const rotateAtBytes = 5 * 1024 * 1024

export type Log = (source: string, text: string) => void

/**
 * One log for the shell and its children: `time source text`, source being `main` or `engine#2 pid 4711`. Two files of
 * 5 MB bound it; there is no queue of ours, the stream drops nothing because the shell writes few lines.
 */
export function openLog(folder: string): Log {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'millwright.log')
  let stream: WriteStream | undefined
  let bytes = 0
  const open = (): WriteStream => {
    try {
      bytes = statSync(file).size
      if (bytes > rotateAtBytes) {
        renameSync(file, `${file}.1`)
        bytes = 0
      }
    } catch {
      bytes = 0
    }
    const opened = createWriteStream(file, { flags: 'a', mode: 0o600 })
    // A full disk must not stop the application; the terminal still has the line.
    opened.on('error', (error) => process.stderr.write(`log file: ${error.message}\n`))
    return opened
  }
  return (source, text) => {
    const line = `${new Date().toISOString()} [${source}] ${text}\n`
    process.stderr.write(line)
    stream ??= open()
    stream.write(line)
    bytes += Buffer.byteLength(line)
    if (bytes > rotateAtBytes) {
      stream.end()
      stream = undefined
    }
  }
}
