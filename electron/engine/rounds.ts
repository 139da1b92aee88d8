import type { Engine } from './engine.ts'
import { assetHealth } from './frames.ts'
import { compactionStuck } from './problem-texts.ts'

/** What an engine looks after by the clock. */
export class Rounds {
  readonly #engine: Engine
  readonly #timer: ReturnType<typeof setInterval>
  #seconds = 0

  constructor(engine: Engine) {
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
    if (this.#seconds % 60 === 0) reported(engine.backups.look())
    if (this.#seconds % 10 === 0) reported(this.#watchCompaction())
    if (this.#seconds % 3600 === 1) reported(engine.trust.watch())
    engine.triggers?.everySecond()
    engine.storage.everySecond()
    engine.access.everySecond()
    this.#keepHealth()
    engine.options.onChanged('status')
  }

  #keepHealth(): void {
    const { health: histories, model, options } = this.#engine
    const state = this.#engine.frameState()
    for (const info of model.assets) {
      const { health } = assetHealth(state, info)
      if (health !== null) histories.get(info.asset.id)?.add(options.clock.nowUs(), health)
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
