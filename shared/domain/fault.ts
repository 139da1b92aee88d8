/** One fault found by `millwright check` or `verify`. */
export interface Fault {
  /** Where: a JSON path (`points[3].contract.unit`) or a table and row. */
  path: string
  code: string
  /** What is wrong, one sentence. */
  message: string
  /** How to mend it, one sentence. */
  remedy: string
}
