import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/**
 * A server of another maker and in another language: open62541, in C. It is in no registry that the set-up uses, so
 * tests with it run where it is installed and are skipped where it is not: MILLWRIGHT_OPEN62541 names the folder it was
 * installed in (`include/`, `lib/`), else pkg-config is asked. docs/quirks.md says how to get it.
 */
export function open62541Missing(): string | undefined {
  const flags = flagsOf()
  return typeof flags === 'string' ? flags : undefined
}

function flagsOf(): string[] | string {
  const prefix = process.env['MILLWRIGHT_OPEN62541']
  if (prefix !== undefined) {
    const library = join(prefix, 'lib', 'libopen62541.a')
    if (!existsSync(library)) return `MILLWRIGHT_OPEN62541 names ${prefix}, which has no lib/libopen62541.a`
    return [`-I${join(prefix, 'include')}`, library]
  }
  try {
    const found = execFileSync('pkg-config', ['--cflags', '--libs', 'open62541'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return found.toString('utf8').trim().split(/\s+/)
  } catch {
    return 'open62541 is not installed (set MILLWRIGHT_OPEN62541)'
  }
}

/** Compiles the server into `folder`; a second or two. */
export function buildOpen62541(folder: string): string {
  const flags = flagsOf()
  if (typeof flags === 'string') throw new Error(flags)
  const source = join(dirname(fileURLToPath(import.meta.url)), 'other-stack', 'open62541-server.c')
  const program = join(folder, 'open62541-server')
  const options = ['-O1', '-std=c99', '-D_POSIX_C_SOURCE=200809L']
  execFileSync('cc', [...options, source, '-o', program, ...flags, '-lssl', '-lcrypto', '-lm', '-lpthread'])
  return program
}

/** See `other-stack/open62541-server.c`. */
export interface Open62541Options {
  port?: number
  numbers?: Record<string, number>
  texts?: Record<string, string>
}

/** The server in a process of its own: frozen, let go on and killed like one in a plant. */
export class Open62541Server {
  readonly port: number
  readonly #child: ChildProcess
  readonly #waiting: ((line: string) => void)[] = []

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
    if (!child.stdout) throw new Error('the server has no output')
    createInterface({ input: child.stdout }).on('line', (line) => this.#waiting.shift()?.(line))
  }

  static async start(
    program: string,
    { port, numbers = {}, texts = {} }: Open62541Options = {},
  ): Promise<Open62541Server> {
    const listens = port ?? (await freePort())
    const words = Object.entries({ ...numbers, ...texts }).map(([name, value]) => `${name}=${value}`)
    const child = spawn(program, [String(listens), ...words], { stdio: ['pipe', 'pipe', 'inherit'] })
    const server = new Open62541Server(child, listens)
    const first = await new Promise<string>((resolve, reject) => {
      server.#waiting.push(resolve)
      child.once('exit', (code) => reject(new Error(`open62541 ended with ${code} before it listened`)))
      child.once('error', reject)
    })
    if (first !== 'ready') throw new Error(`open62541 said ${first}`)
    return server
  }

  /** `hold` stops the counting; every command answers with the count, `sessions` with their number. */
  async ask(command: string): Promise<number> {
    const answered = new Promise<string>((resolve) => this.#waiting.push(resolve))
    this.#child.stdin?.write(`${command}\n`)
    return Number(await answered)
  }

  freeze(): void {
    this.#child.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child.kill('SIGCONT')
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGKILL')
    await ended
  }

  async stop(): Promise<void> {
    this.thaw()
    await this.kill()
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('the system gave no port')
  return address.port
}
