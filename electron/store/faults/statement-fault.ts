import Database, { type Statement } from 'better-sqlite3-multiple-ciphers'
import type { Fault } from './sweep.ts'

type Method = 'run' | 'get' | 'all'
type Methods = Pick<Statement, Method>

/**
 * Fails the n-th statement that any connection of this thread runs: reads, writes, BEGIN and COMMIT. `lasting`: from then on
 * every one that writes, as a full disk does. Needs nothing of the operating system.
 */
export class StatementFault implements Fault {
  readonly #prototype: Methods
  readonly #usual: Methods
  readonly #lasting: boolean
  #left = 0
  #struck = false

  constructor(lasting: boolean) {
    this.#lasting = lasting
    const db = new Database(':memory:')
    this.#prototype = Object.getPrototypeOf(db.prepare('SELECT 1')) as Methods
    db.close()
    const { run, get, all } = this.#prototype
    this.#usual = { run, get, all }
  }

  arm(n: number): void {
    this.#left = n
    this.#struck = false
    const { run, get, all } = this.#usual
    const strike = (statement: Statement): void => this.#strike(statement)
    this.#prototype.run = function failing(this: Statement, ...values) {
      strike(this)
      return run.apply(this, values)
    }
    this.#prototype.get = function failing(this: Statement, ...values) {
      strike(this)
      return get.apply(this, values)
    }
    this.#prototype.all = function failing(this: Statement, ...values) {
      strike(this)
      return all.apply(this, values)
    }
  }

  disarm(): boolean {
    Object.assign(this.#prototype, this.#usual)
    return this.#struck
  }

  #strike({ source }: Statement): void {
    const isWrite = /^\s*(INSERT|UPDATE|DELETE|COMMIT|CREATE)/.test(source)
    if (this.#lasting) {
      if (!isWrite || (!this.#struck && --this.#left > 0)) return
      this.#struck = true
      throw new Database.SqliteError('database or disk is full', 'SQLITE_FULL')
    }
    if (this.#left <= 0 || --this.#left > 0) return
    this.#struck = true
    throw new Database.SqliteError('disk I/O error', isWrite ? 'SQLITE_IOERR_WRITE' : 'SQLITE_IOERR_READ')
  }
}
