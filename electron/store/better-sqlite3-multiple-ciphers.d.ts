/**
 * What this room uses of the binding. The package ships declarations, but its `exports` (13.0.3) do not name them, so TypeScript
 * cannot reach them.
 */
declare module 'better-sqlite3-multiple-ciphers' {
  export interface Statement {
    run(...values: unknown[]): { changes: number; lastInsertRowid: number | bigint }
    get(...values: unknown[]): unknown
    all(...values: unknown[]): unknown[]
    iterate(...values: unknown[]): IterableIterator<unknown>
    pluck(): this
    /** Rows as arrays, in the order of the columns. */
    raw(): this
    columns(): { name: string }[]
    readonly source: string
  }

  export interface Options {
    readonly?: boolean
    fileMustExist?: boolean
    /** Milliseconds to wait for a lock. */
    timeout?: number
  }

  export interface Transaction<T> {
    immediate(): T
  }

  export class SqliteError extends Error {
    constructor(message: string, code: string)
    readonly code: string
  }

  export default class Database {
    static readonly SqliteError: typeof SqliteError
    constructor(file: string, options?: Options)
    prepare(sql: string): Statement
    exec(sql: string): this
    /** The file, as it was given. */
    readonly name: string
    readonly inTransaction: boolean
    pragma(text: string, options?: { simple?: boolean }): unknown
    transaction<T>(body: () => T): Transaction<T>
    close(): this
  }
}
