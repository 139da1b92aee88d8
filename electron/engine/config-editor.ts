import { randomUUID } from 'node:crypto'
import fs from 'node:fs/promises'
import { applyEdits, modify, parse, type JSONPath } from 'jsonc-parser'
import type { Actor } from '../../shared/domain/access.ts'
import type { Fault } from '../../shared/domain/fault.ts'

/** What a list of the plant file loses and gains, in this order. */
export interface ConfigEdit {
  list: 'servers' | 'points' | 'assets' | 'lines' | 'exceptions'
  /** Which of its entries go. */
  remove?: (entry: unknown) => boolean
  /** Appended at the end. */
  values?: readonly object[]
}

const formattingOptions = { insertSpaces: true, tabSize: 2, eol: '\n' }

/** The text after `edit`; comments and layout of the rest stay as they were. */
export function editPlantText(text: string, { list, remove, values = [] }: ConfigEdit): string {
  const left = remove ? withoutEntries(text, list, remove) : text
  return values.length === 0 ? left : appended(left, list, values)
}

function withoutEntries(text: string, list: string, remove: (entry: unknown) => boolean): string {
  const root: unknown = parse(text)
  const entries: unknown = typeof root === 'object' && root !== null ? Reflect.get(root, list) : undefined
  if (!Array.isArray(entries)) return text
  const going = entries.flatMap((entry: unknown, index) => (remove(entry) ? [index] : []))
  // From the end, so that the indexes of the others hold.
  return going.reduceRight((left, index) => applyEdits(left, modify(left, [list, index], undefined, {})), text)
}

function appended(text: string, list: string, values: readonly object[]): string {
  const path: JSONPath = [list, -1]
  // One insertion however many there are: each parses the whole text, and a folder may bring hundreds of points.
  const marker = randomUUID()
  const marked = applyEdits(text, modify(text, path, marker, { formattingOptions, isArrayInsertion: true }))
  const at = marked.indexOf(`"${marker}"`)
  const indent = /[ \t]*$/.exec(marked.slice(marked.lastIndexOf('\n', at) + 1, at))?.[0] ?? ''
  const texts = values.map((value) => JSON.stringify(value, null, 2).replaceAll('\n', `\n${indent}`))
  return marked.slice(0, at) + texts.join(`,\n${indent}`) + marked.slice(at + marker.length + 2)
}

/**
 * Edits the plant file in place. The engine may write that one file and not its folder (permission model), so there is
 * no rename; the twin already holds the old text as a revision and gets the new one next, so a torn write loses nothing.
 * The faults of the edited text, if any, leave the file untouched.
 */
export async function editPlantFile(
  file: string,
  edit: (text: string) => string,
  check: (text: string) => Fault[],
): Promise<{ faults: Fault[]; text: string }> {
  const text = await fs.readFile(file, 'utf8')
  const edited = edit(text)
  const faults = check(edited)
  if (faults.length > 0) return { faults, text }
  await fs.writeFile(file, edited, { flush: true })
  return { faults: [], text: edited }
}

interface PlantEditorParts {
  file: string
  check: (text: string) => Fault[]
  /** Puts an edited text in force. */
  apply: (text: string, author: Actor, reason: string) => Promise<readonly Fault[]>
}

/** Edits of the application, one after the other: two windows that save at once must not undo each other. */
export class PlantEditor {
  readonly #parts: PlantEditorParts
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: PlantEditorParts) {
    this.#parts = parts
  }

  edit(edits: readonly ConfigEdit[], author: Actor, reason: string): Promise<Fault[]> {
    return this.rewrite((text) => edits.reduce(editPlantText, text), author, reason)
  }

  /** One revision; the faults of the edited text, if any, leave file and configuration as they are. */
  rewrite(edit: (text: string) => string, author: Actor, reason: string): Promise<Fault[]> {
    const { file, check, apply } = this.#parts
    const done = this.#last.then(async () => {
      const { faults, text } = await editPlantFile(file, edit, check)
      return faults.length > 0 ? faults : [...(await apply(text, author, reason))]
    })
    this.#last = done.catch(() => undefined)
    return done
  }

  /** The text as the next edit will find it. */
  async text(): Promise<string> {
    await this.#last
    return await fs.readFile(this.#parts.file, 'utf8')
  }
}
