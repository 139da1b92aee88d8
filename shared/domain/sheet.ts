/** A cell as a spreadsheet has it; null where it is empty. */
export type Cell = string | number | boolean | Date | null

/** A sheet of a workbook, or a CSV file: its first row holds the titles of the columns. */
export interface Sheet {
  readonly name: string
  readonly rows: readonly (readonly Cell[])[]
}
