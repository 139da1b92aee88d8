import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Injected, Injection } from './injector.ts'
import type { ServerChildOptions } from './server-child.ts'
import type { ServerQuestion } from './test-server.ts'

/** A real server in a process of its own: it can be frozen, let go on and killed like one in a plant. */
export class ServerProcess {
  readonly port: number
  readonly #child: ChildProcess
  #asked = 0

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
  }

  static async start(options: ServerChildOptions): Promise<ServerProcess> {
    const entry = join(dirname(fileURLToPath(import.meta.url)), 'server-child.ts')
    const child = spawn(process.execPath, [entry, JSON.stringify(options)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const [first] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => {
        throw new Error('the server ended before it listened')
      }),
    ])) as [{ port: number }]
    return new ServerProcess(child, first.port)
  }

  /** SIGSTOP: sockets stay open, the kernel still accepts, nothing answers. */
  freeze(): void {
    this.#child.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child.kill('SIGCONT')
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }

  /** `hold` stops the counting; all but `sessions` and `start` answer with the last count. */
  async ask(what: ServerQuestion): Promise<number> {
    return await this.#request<number>({ ask: what })
  }

  /** Does these in order and in one turn of the server; answers with its own log of all it has sent so far. */
  async inject(acts: readonly Injection[]): Promise<Injected[]> {
    return await this.#request<Injected[]>({ inject: acts })
  }

  async #request<T>(what: object): Promise<T> {
    const id = (this.#asked += 1)
    const answered = new Promise<T>((resolve, reject) => {
      const ended = (): void => reject(new Error('the server ended before it answered'))
      this.#child.once('exit', ended)
      const listen = (message: { id?: number; value: T }): void => {
        if (message.id !== id) return
        this.#child.off('message', listen)
        this.#child.off('exit', ended)
        resolve(message.value)
      }
      this.#child.on('message', listen)
    })
    this.#child.send({ id, ...what })
    return await answered
  }

  async stop(): Promise<void> {
    this.thaw()
    await this.kill()
  }
}
