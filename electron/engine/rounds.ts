import type { TimeUs } from '../../shared/domain/time.ts'
import { assetHealth, type FrameSourceState } from './frames.ts'
import { HealthHistory } from './health-history.ts'
import type { PlantModel } from './plant-model.ts'
import { compactionStuck, type ProblemText } from './problem-texts.ts'

/** What of the engine is looked after. */
export interface RoundsParts {
  readonly loopDelay: { reset(): void }
  readonly backups: { look(): Promise<void> }
  readonly trust: { watch(): Promise<void> }
  readonly twin: { compaction(): Promise<{ problem: string | null }> }
  readonly problems: { raise(problem: ProblemText & { sinceUs: TimeUs }): void; clear(id: string): void }
  readonly triggers: { everySecond(): void } | null
  readonly storage: { everySecond(): void }
  readonly access: { everySecond(): void }
  readonly writes: { everySecond(): Promise<void> }
  readonly health: Map<string, HealthHistory>
  readonly advice: { look(): void }
  readonly model: PlantModel
  readonly acquisition: { readonly states: { everySecond(): void } }
  readonly options: { clock: { nowUs(): TimeUs }; onChanged(what: 'status'): void }
  frameState(): FrameSourceState
  report(error: unknown): void
}

/** What an engine looks after by the clock. */
export class Rounds {
  readonly #engine: RoundsParts
  readonly #timer: ReturnType<typeof setInterval>
  #seconds = 0

  constructor(engine: RoundsParts) {
    this.#engine = engine
    this.#timer = setInterval(() => this.#everySecond(), 1000)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #everySecond(): void {
    const engine = this.#engine
    const reported = (work: Promise<void>): void => void work.catch((error: unknown) => engine.report(error))
    this.#seconds += 1
    if (this.#seconds % 60 === 0) engine.loopDelay.reset()
    if (this.#seconds % 60 === 0) engine.advice.look()
    if (this.#seconds % 60 === 0) reported(engine.backups.look())
    if (this.#seconds % 10 === 0) reported(this.#watchCompaction())
    if (this.#seconds % 3600 === 1) reported(engine.trust.watch())
    engine.triggers?.everySecond()
    engine.acquisition.states.everySecond()
    engine.storage.everySecond()
    engine.access.everySecond()
    reported(engine.writes.everySecond())
    this.#keepHealth()
    engine.options.onChanged('status')
  }

  #keepHealth(): void {
    const { health: histories, model, options } = this.#engine
    const state = this.#engine.frameState()
    for (const info of model.assets) {
      const { health } = assetHealth(state, info)
      if (health === null) continue
      const history = histories.get(info.asset.id) ?? new HealthHistory()
      histories.set(info.asset.id, history)
      history.add(options.clock.nowUs(), health)
    }
  }

  /** Compaction that is stuck loses nothing, but long trends get slow and the file grows: people should know. */
  async #watchCompaction(): Promise<void> {
    const { twin, problems, options } = this.#engine
    const { problem } = await twin.compaction()
    if (problem === null) problems.clear('twin.compaction')
    else problems.raise({ ...compactionStuck(problem), sinceUs: options.clock.nowUs() })
  }
}
