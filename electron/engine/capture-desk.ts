import { randomUUID } from 'node:crypto'
import type { Capture, CaptureCause } from '../../shared/domain/twin.ts'
import { RequestError } from '../live/window-session.ts'
import type { MachineStates } from './machine-state.ts'
import type { PlantModel, PointInfo } from './plant-model.ts'
import type { Rings } from './rings.ts'

export interface CaptureDeskDependencies {
  rings: Pick<Rings, 'cut'>
  put(capture: Capture): Promise<void>
  nowUs(): number
  report(error: unknown): void
}

/** Features C6: an alarm's capture holds 5 s before it and 10 s after. */
const beforeUs = 5e6
const afterUs = 10e6
/** Time for the last block to arrive and be accepted after its samples' time has passed. */
const slackMs = 1000
/** What a person asking for a capture gets: enough for a resolution of a quarter of a hertz. */
const demandUs = 4e6

/** Waveforms worth keeping, cut from the rings: when an alert is raised, and on demand. */
export class CaptureDesk {
  readonly #deps: CaptureDeskDependencies
  readonly #timers = new Set<ReturnType<typeof setTimeout>>()

  constructor(deps: CaptureDeskDependencies) {
    this.#deps = deps
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }

  /** Cuts when the samples after the alert have come. */
  onAlert(model: PlantModel, machines: MachineStates, info: PointInfo, occurrenceId: string, atUs: number): void {
    const waitMs = Math.max(0, (atUs + afterUs - this.#deps.nowUs()) / 1000) + slackMs
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#cut(model, machines, info, 'alarm', occurrenceId, atUs - beforeUs, atUs + afterUs).catch((error: unknown) =>
        this.#deps.report(error),
      )
    }, waitMs)
    this.#timers.add(timer)
  }

  async onDemand(model: PlantModel, machines: MachineStates, info: PointInfo): Promise<string> {
    const nowUs = this.#deps.nowUs()
    const id = await this.#cut(model, machines, info, 'demand', null, nowUs - demandUs, nowUs + 1e6)
    if (id !== null) return id
    throw new RequestError({
      code: 'no-samples',
      message: `No samples of ${info.name} have come in the last seconds.`,
      remedy: 'Look at the link on the Sync page; when blocks come again, ask once more.',
      retryable: true,
    })
  }

  async #cut(
    model: PlantModel,
    machines: MachineStates,
    info: PointInfo,
    cause: CaptureCause,
    occurrenceId: string | null,
    fromUs: number,
    toUs: number,
  ): Promise<string | null> {
    const run = this.#deps.rings.cut(info.key, fromUs, toUs)
    if (!run) return null
    const assetId = info.asset.asset.id
    const id = randomUUID()
    await this.#deps.put({
      id,
      pointKey: info.key,
      cause,
      occurrenceId,
      sourceUs: Math.round(run.startUs),
      sampleRateHz: run.sampleRateHz,
      samples: run.samples,
      rpm: machines.shaftRpm(info) ?? Number.NaN,
      runState: machines.runState(assetId),
      configHash: model.configHash,
    })
    return id
  }
}
