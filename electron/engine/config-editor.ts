import { randomUUID } from 'node:crypto'
import fs from 'node:fs/promises'
import { applyEdits, modify, type JSONPath } from 'jsonc-parser'
import type { Fault } from '../../shared/domain/fault.ts'

/** Where in the plant file something is put: an index, or the end of the list. */
export interface ConfigEdit {
  list: 'servers' | 'points' | 'assets' | 'lines'
  values: readonly object[]
}

/** The text with `edit` appended to its list; comments and layout of the rest stay as they were. */
export function appendToPlantText(text: string, edit: ConfigEdit): string {
  const path: JSONPath = [edit.list, -1]
  const formattingOptions = { insertSpaces: true, tabSize: 2, eol: '\n' }
  // One insertion however many there are: each parses the whole text, and a folder may bring hundreds of points.
  const marker = randomUUID()
  const marked = applyEdits(text, modify(text, path, marker, { formattingOptions, isArrayInsertion: true }))
  const at = marked.indexOf(`"${marker}"`)
  const indent = /[ \t]*$/.exec(marked.slice(marked.lastIndexOf('\n', at) + 1, at))?.[0] ?? ''
  const values = edit.values.map((value) => JSON.stringify(value, null, 2).replaceAll('\n', `\n${indent}`))
  return marked.slice(0, at) + values.join(`,\n${indent}`) + marked.slice(at + marker.length + 2)
}

/**
 * Edits the plant file in place. The engine may write that one file and not its folder (permission model), so there is
 * no rename; the twin already holds the old text as a revision and gets the new one next, so a torn write loses nothing.
 * The faults of the edited text, if any, leave the file untouched.
 */
export async function editPlantFile(
  file: string,
  edit: ConfigEdit,
  check: (text: string) => Fault[],
): Promise<{ faults: Fault[]; text: string }> {
  const text = await fs.readFile(file, 'utf8')
  const edited = appendToPlantText(text, edit)
  const faults = check(edited)
  if (faults.length > 0) return { faults, text }
  await fs.writeFile(file, edited, { flush: true })
  return { faults: [], text: edited }
}
