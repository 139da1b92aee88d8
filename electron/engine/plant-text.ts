import fs from 'node:fs/promises'
import type { Fault } from '../../shared/domain/fault.ts'
import { editText, parsePlantFile, PlantFileError, type LoadedPlant, type PlantEdit } from '../assets/index.ts'

/** The plant of a text, or every fault it has. */
export function readPlantText(
  text: string,
  bearings: readonly string[],
  /** A revision that was accepted once. */
  isPast = false,
): { loaded: LoadedPlant; faults: [] } | { loaded: null; faults: readonly Fault[] } {
  try {
    return { loaded: parsePlantFile(text, { bearings, isPast }), faults: [] }
  } catch (error) {
    if (error instanceof PlantFileError) return { loaded: null, faults: error.faults }
    throw error
  }
}

/** A plant file's text and what it says; `loaded` is null where faults speak against it. */
export interface PlantRead {
  text: string
  loaded: LoadedPlant | null
  faults: readonly Fault[]
}

/** The text after an edit and what it says. Throws PlantEditError where the edit has no place. */
export function readEdited(text: string, edit: PlantEdit | null, bearings: readonly string[]): PlantRead {
  const edited = edit ? editText(text, edit) : text
  return { text: edited, ...readPlantText(edited, bearings) }
}

/** Why the engine cannot start, in one sentence for the operator; starting it again does not help. */
export class StartError extends Error {
  override name = 'StartError'
}

/** The plant an engine starts on. Throws StartError when the file cannot be read or has faults. */
export async function openPlantFile(
  file: string,
  bearings: readonly string[],
): Promise<{ loaded: LoadedPlant; text: string }> {
  const text = await readFileOrExplain(file)
  const { loaded, faults } = readPlantText(text, bearings)
  if (!loaded) throw new StartError(describeFaults(file, faults))
  return { loaded, text }
}

async function readFileOrExplain(file: string): Promise<string> {
  try {
    return await fs.readFile(file, 'utf8')
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new StartError(`The plant file ${file} cannot be read: ${why}. Name another with --plant, or put it back.`, {
      cause,
    })
  }
}

export function describeFaults(file: string, faults: readonly Fault[]): string {
  const [first] = faults
  const more = faults.length > 1 ? ` It has ${faults.length - 1} more faults; millwright check lists them all.` : ''
  return `The plant file ${file} cannot be used: ${first ? `${first.path}: ${first.message} ${first.remedy}` : ''}${more}`
}

/**
 * Watches the plant file by looking at its time and size: it may lie on a share or be replaced by an editor, where file
 * system events do not come.
 */
export class PlantFileWatch {
  readonly #file: string
  readonly #changed: () => void
  readonly #timer: ReturnType<typeof setInterval>
  #last: string
  #busy = false
  #stamp = ''

  constructor(file: string, text: string, everyMs: number, changed: () => void) {
    this.#file = file
    this.#last = text
    this.#changed = changed
    this.#timer = setInterval(() => void this.#look(), everyMs)
  }

  /** The engine wrote the file itself. */
  expect(text: string): void {
    this.#last = text
  }

  close(): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    try {
      const { mtimeMs, size } = await fs.stat(this.#file)
      const stamp = `${mtimeMs}:${size}`
      if (stamp === this.#stamp) return
      const text = await fs.readFile(this.#file, 'utf8')
      this.#stamp = stamp
      if (text === this.#last) return
      this.#last = text
      this.#changed()
    } catch {
      // Gone for the moment, as while an editor replaces it: the last good revision stays in force.
    } finally {
      this.#busy = false
    }
  }
}
