import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Launch } from './launch.ts'
import type { Log } from './log.ts'

export interface Ending {
  code: number | null
  signal: NodeJS.Signals | null
  /** The child's last words on stderr, for the sentence the operator reads. */
  lastLine: string | undefined
}

/** One run of a child on its ipc channel; every line it prints is logged with its name and process id. */
export class Child {
  readonly name: string
  readonly #process: ChildProcess
  readonly ended: Promise<Ending>
  #lastLine: string | undefined

  constructor(name: string, launch: Launch, log: Log, onMessage: (message: unknown) => void) {
    this.name = name
    this.#process = spawn(launch.executable, launch.args, {
      cwd: launch.cwd,
      env: launch.env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Structured clone on the channel: typed arrays stay typed arrays.
      serialization: 'advanced',
      windowsHide: true,
      // Ctrl-C in a terminal goes to the whole group; the shell alone decides who stops and in what order.
      detached: process.platform !== 'win32',
    })
    const source = `${name} pid ${this.#process.pid ?? '-'}`
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (!stream) continue
      createInterface({ input: stream }).on('line', (line) => {
        if (stream === this.#process.stderr && line.trim() !== '') this.#lastLine = line.trim()
        log(source, line)
      })
    }
    this.#process.on('message', onMessage)
    this.ended = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null, last: string | undefined): void =>
        resolve({ code, signal, lastLine: last ?? this.#lastLine })
      this.#process.once('error', (error) => end(null, null, error.message))
      // 'close' comes after the streams have been read to their end, so the last line is known.
      this.#process.once('close', (code, signal) => end(code, signal, undefined))
    })
    void this.ended.then(({ code, signal }) => log(source, `ended (${signal ?? `code ${code}`})`))
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  /** False when the channel is gone; the supervisor learns of the end by `ended`. */
  send(message: object): boolean {
    if (!this.#process.connected) return false
    this.#process.send(message, (error) => {
      if (error) this.#process.kill('SIGKILL')
    })
    return true
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }

  /** Asks it to end; kills it at the deadline. */
  async stop(message: object, deadlineMs: number): Promise<Ending> {
    if (!this.send(message)) this.kill()
    const timer = setTimeout(() => this.kill(), deadlineMs)
    try {
      return await this.ended
    } finally {
      clearTimeout(timer)
    }
  }
}

export function describeEnding(what: string, { code, signal, lastLine }: Ending): string {
  const how =
    signal === null ? (code === null ? 'could not be started' : `ended with code ${code}`) : `was ended by ${signal}`
  // After a signal the last line is ordinary talk, not the reason.
  return lastLine === undefined || signal !== null ? `${what} ${how}.` : `${what} ${how}: ${lastLine}`
}
