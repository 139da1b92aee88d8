/** One numbered step. The schema only grows: nothing is dropped, renamed or retyped, and a shipped step is never edited. */
export interface Migration {
  version: number
  sql: string
}
