import fs from 'node:fs/promises'
import type { Actor } from '../../shared/domain/access.ts'
import type { Fault } from '../../shared/domain/fault.ts'
import type { ListEdit, PlantEdit } from '../assets/index.ts'
import type { PlantRead } from './plant-text.ts'

export interface PlantEditorParts {
  file: string
  /** The text after an edit and the plant it says; throws PlantEditError where the edit has no place. */
  read: (text: string, edit: PlantEdit | null) => Promise<PlantRead>
  /** What speaks against an edit, without all the rest. */
  faults: (text: string, edit: PlantEdit) => Promise<readonly Fault[]>
  /** Puts a plant in force. */
  apply: (read: PlantRead, author: Actor, reason: string) => Promise<readonly Fault[]>
}

/** Edits of the application, one after the other: two windows that save at once must not undo each other. */
export class PlantEditor {
  readonly #parts: PlantEditorParts
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: PlantEditorParts) {
    this.#parts = parts
  }

  edit(edits: readonly ListEdit[], author: Actor, reason: string): Promise<Fault[]> {
    return this.rewrite({ lists: edits }, author, reason)
  }

  /**
   * One revision; the faults of the edited text, if any, leave file and configuration as they are. The engine may write that one
   * file and not its folder (permission model), so there is no rename; the twin already holds the old text as a revision and gets
   * the new one next, so a torn write loses nothing.
   */
  rewrite(edit: PlantEdit, author: Actor, reason: string): Promise<Fault[]> {
    const { file, read, apply } = this.#parts
    return this.#next(async () => {
      const edited = await read(await fs.readFile(file, 'utf8'), edit)
      if (edited.faults.length > 0) return [...edited.faults]
      await fs.writeFile(file, edited.text, { flush: true })
      return [...(await apply(edited, author, reason))]
    })
  }

  /** What speaks against an edit of the text as it will then be found; nothing is written. */
  preview(edit: PlantEdit): Promise<readonly Fault[]> {
    const { file, faults } = this.#parts
    return this.#last.then(async () => faults(await fs.readFile(file, 'utf8'), edit))
  }

  /** Puts the file in force as it stands when the edits before are done: they may have gone on from what was written into it. */
  reread(author: Actor, reason: string): Promise<readonly Fault[]> {
    const { file, read, apply } = this.#parts
    return this.#next(async () => apply(await read(await fs.readFile(file, 'utf8'), null), author, reason))
  }

  /** All edits that were asked for are done. */
  async settled(): Promise<void> {
    await this.#last
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }
}
