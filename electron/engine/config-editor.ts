import fs from 'node:fs/promises'
import type { Actor } from '../../shared/domain/access.ts'
import type { Fault } from '../../shared/domain/fault.ts'
import { editList, type ListEdit } from '../assets/index.ts'

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

  edit(edits: readonly ListEdit[], author: Actor, reason: string): Promise<Fault[]> {
    return this.rewrite((text) => edits.reduce(editList, text), author, reason)
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
