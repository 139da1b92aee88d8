import type { BaselineRecord, HealthCommit, HealthEpoch } from '../../shared/domain/health.ts'
import type { Twin } from '../store/api.ts'

/** What the twin keeps of all points for good, as it was committed: the baselines there ever were, and the present epochs. */
export class HealthShelf {
  readonly #baselines = new Map<string, BaselineRecord>()
  readonly #epochs = new Map<number, HealthEpoch>()

  async load(twin: Pick<Twin, 'baselines' | 'healthEpochs'>): Promise<void> {
    this.took({ epochs: await twin.healthEpochs(), baselines: await twin.baselines() })
  }

  /** The twin has it. */
  took({ baselines = [], epochs = [] }: Pick<HealthCommit, 'baselines' | 'epochs'>): void {
    for (const record of baselines) this.#baselines.set(record.id, record)
    for (const epoch of epochs) this.#epochs.set(epoch.pointKey, epoch)
  }

  epoch(pointKey: number): HealthEpoch | null {
    return this.#epochs.get(pointKey) ?? null
  }

  baseline(id: string): BaselineRecord | null {
    return this.#baselines.get(id) ?? null
  }

  /** All there ever were of a point, oldest first. */
  baselinesOf(pointKey: number): BaselineRecord[] {
    return [...this.#baselines.values()].filter((record) => record.pointKey === pointKey)
  }

  /** The frozen baseline of a condition of the present epoch. */
  frozen(pointKey: number, condition: number): BaselineRecord | null {
    const epoch = this.epoch(pointKey)
    const own = this.baselinesOf(pointKey).filter(({ epochUs }) => epochUs === epoch?.beganUs)
    return own.findLast((record) => record.state === 'frozen' && record.condition === condition) ?? null
  }

  /** Those that hold or wait, of these points. */
  present(pointKeys: ReadonlySet<number>): BaselineRecord[] {
    return [...this.#baselines.values()].filter(
      ({ pointKey, state }) => pointKeys.has(pointKey) && (state === 'frozen' || state === 'proposed'),
    )
  }
}
