import type { Fault } from '../../shared/domain/fault.ts'
import { limits } from '../../shared/domain/limits.ts'
import type { PlantChange } from '../../shared/domain/plant-change.ts'
import { PlantEditError, type PlantEdit } from '../assets/index.ts'
import { AskedThread } from './asked-thread.ts'
import type { PlantRead } from './plant-text.ts'

export interface PlantThreadData {
  bearings: readonly string[]
}

export interface PlantQuestion {
  text: string
  edit: PlantEdit | null
  /** Only the faults go back: the text and the plant of 5,000 points are 25 ms of copying. */
  faultsOnly: boolean
}

export type PlantAnswer = PlantRead | { refused: { message: string; change: PlantChange | null } }

/**
 * Edits and reads plant files beside what is acquired: half a second of processor time for 5,000 points, in which the main thread
 * would neither take values in nor tell windows.
 */
export class PlantThread {
  readonly #thread: AskedThread<PlantQuestion, PlantAnswer>

  constructor(data: PlantThreadData) {
    const most = limits.plantTexts
    const busy = `${most} edits of the plant are being looked at already; try again in a moment.`
    this.#thread = new AskedThread({ entry: 'plant-worker', name: 'plant file', data, most, busy })
  }

  get queue(): { depth: number; limit: number; hits: number } {
    return this.#thread.queue
  }

  /** The text after an edit, the plant it says, and what speaks against it. Throws PlantEditError where the edit has no place. */
  async read(text: string, edit: PlantEdit | null = null): Promise<PlantRead> {
    return orThrow(await this.#thread.ask({ text, edit, faultsOnly: false }))
  }

  /** What speaks against an edit. Throws PlantEditError. */
  async faults(text: string, edit: PlantEdit): Promise<readonly Fault[]> {
    return orThrow(await this.#thread.ask({ text, edit, faultsOnly: true })).faults
  }

  close(): Promise<void> {
    return this.#thread.close()
  }
}

function orThrow(answer: PlantAnswer): PlantRead {
  if ('refused' in answer) throw new PlantEditError(answer.refused.message, answer.refused.change)
  return answer
}
