import { createWriteStream, mkdirSync, renameSync, statSync, type WriteStream } from 'node:fs'
import { join } from 'node:path'

const rotateAtBytes = 5 * 1024 * 1024

/** A disk that does not answer must not keep the application from ending. */
const flushAtMostMs = 2_000

export type Log = (source: string, text: string) => void

export interface LogFile {
  log: Log
  /** Before the process ends: what was logged last is on its way to the file until then. Never rejects. */
  flush: () => Promise<void>
}

/**
 * One log for the shell and its children: `time source text`, source being `main` or `engine#2 pid 4711`. Two files of
 * 5 MB bound it; there is no queue of ours, the stream drops nothing because the shell writes few lines.
 */
export function openLog(folder: string): LogFile {
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
  const log: Log = (source, text) => {
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
  const flush = async (): Promise<void> => {
    const last = stream
    stream = undefined
    if (!last) return
    const ended = new Promise<void>((resolve) => last.once('close', resolve).end())
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, flushAtMostMs))])
  }
  return { log, flush }
}
