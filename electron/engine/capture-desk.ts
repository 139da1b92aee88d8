import { randomUUID } from 'node:crypto'
import type { Clock } from '../../shared/domain/time.ts'
import { snapshotCadenceUs } from '../../shared/domain/snapshots.ts'
import { limits } from '../../shared/domain/limits.ts'
import { alarmWindow } from '../../shared/domain/plant-captures.ts'
import type { Capture, CaptureCause } from '../../shared/domain/twin.ts'
import { RequestError } from '../live/window-session.ts'
import { captureFaults } from './capture-faults.ts'
import type { MachineStates } from './machine-state.ts'
import type { PlantModel, PointInfo } from './plant-model.ts'
import type { Rings } from './rings.ts'

export interface CaptureDeskDependencies {
  rings: Pick<Rings, 'cut' | 'newest'>
  put(captures: readonly Capture[]): Promise<void>
  clock: Clock
  /** Captures that were given up, in one sentence; null when they are stored again. */
  refused(why: string | null): void
}

/** What asks for a capture, and why. */
export interface CaptureWish {
  model: PlantModel
  machines: MachineStates
  info: PointInfo
  cause: CaptureCause
  reason: string
  occurrenceId: string | null
  /** Source times. */
  fromUs: number
  toUs: number
}

interface Pending extends CaptureWish {
  id: string
  rpm: number
  runState: Capture['runState']
  /** On the monotonic clock: a link that is lost must not hold back what the ring has. */
  untilMs: number
}

const pollMs = 250
/** Time for the last block to arrive and be accepted after its samples' time has passed. */
const slackMs = 3000
/** What a person asking for a capture gets: enough for a resolution of a quarter of a hertz. */
const demandUs = 4e6
/** Nothing has arrived for as long: the link is lost, and what is in the ring is old. */
const staleUs = 5e6
/** Samples handed to the twin in one transaction. */
const samplesAtOnce = 4_000_000
/** Samples looked at in one go. */
const lookedAtOnce = 200_000

/**
 * Waveforms worth keeping, cut from the rings when the last sample of their window has come. Everything is in source time: a
 * controller whose clock is an hour off still gets its alarm's window.
 */
export class CaptureDesk {
  readonly #deps: CaptureDeskDependencies
  #pending: Pending[] = []
  #timer: ReturnType<typeof setTimeout> | null = null
  #storing: Promise<void> = Promise.resolve()
  #paused: string | null = null
  #isClosed = false
  /** Stored and given up since the start. */
  readonly counters = { stored: 0, refused: 0 }

  constructor(deps: CaptureDeskDependencies) {
    this.#deps = deps
  }

  /** Why no captures are taken now; null when they are. */
  get paused(): string | null {
    return this.#paused
  }

  get depth(): number {
    return this.#pending.length
  }

  /** The disk guard's say. What is asked for meanwhile is counted and not made up for. */
  pause(why: string | null): void {
    this.#paused = why
    if (why === null) this.#deps.refused(null)
  }

  /** Everything that waits is cut now with what its ring has, and is in the twin when this settles. */
  async flush(): Promise<void> {
    this.#store(this.#pending.splice(0))
    await this.#storing
  }

  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#timer) clearTimeout(this.#timer)
    await this.flush()
  }

  /** The window around an alarm, or around its end. */
  onAlert(
    wish: Pick<CaptureWish, 'model' | 'machines' | 'info' | 'reason'> & { occurrenceId: string; atUs: number },
    cause: 'alarm' | 'alarm-clear',
  ): void {
    const { beforeS, afterS, onClear } = alarmWindow(wish.model.plant.captures)
    if (cause === 'alarm-clear' && !onClear) return
    this.want({ ...wish, cause, fromUs: wish.atUs - beforeS * 1e6, toUs: wish.atUs + afterS * 1e6 })
  }

  /** Returns the capture's id, or null when none will be taken. */
  want(wish: CaptureWish): string | null {
    if (this.#isClosed) return null
    if (this.#paused !== null || this.#pending.length >= limits.capturesPending) {
      this.#refuse(1, this.#paused ?? `More than ${limits.capturesPending} were asked for at once.`)
      return null
    }
    const newest = this.#deps.rings.newest(wish.info.key)
    const aheadMs = newest ? Math.max(0, (wish.toUs - newest.endUs) / 1000) : 0
    const id = randomUUID()
    this.#pending.push({
      ...wish,
      id,
      rpm: wish.machines.shaftRpm(wish.info) ?? Number.NaN,
      runState: wish.machines.runState(wish.info.asset.asset.id),
      untilMs: this.#deps.clock.monotonicMs() + aheadMs + slackMs,
    })
    this.#plan()
    return id
  }

  /** The newest samples of a point, `lengthUs` of them; null when none have come lately. */
  newest(info: PointInfo, lengthUs: number): { fromUs: number; toUs: number } | null {
    const newest = this.#deps.rings.newest(info.key)
    const blockUs = ((info.contract.blockSize ?? 0) * 1e6) / info.contract.sampleRateHz
    // The last one of a source that takes a block an hour is its newest for as long.
    const everyUs = Math.max(blockUs, snapshotCadenceUs(info.contract) ?? 0)
    if (!newest || this.#deps.clock.nowUs() - newest.receiveUs > staleUs + 2 * everyUs) return null
    return { fromUs: newest.endUs - lengthUs, toUs: newest.endUs }
  }

  async onDemand(model: PlantModel, machines: MachineStates, info: PointInfo, by: string): Promise<string> {
    if (this.#paused !== null) throw notNow(this.#paused)
    const window = this.newest(info, demandUs)
    const wish = { model, machines, info, cause: 'demand', reason: `asked for by ${by}`, occurrenceId: null } as const
    const id = window && this.want({ ...wish, ...window })
    const mine = id === null ? undefined : this.#pending.find((pending) => pending.id === id)
    if (!mine) throw noSamples(info)
    this.#pending = this.#pending.filter((pending) => pending !== mine)
    const capture = this.#cut(mine)
    if (!capture) throw noSamples(info)
    // A person waits for the answer: a refusal of the twin goes to them in its own words.
    await this.#deps.put([looked(capture)])
    this.counters.stored++
    return capture.id
  }

  #plan(): void {
    if (this.#timer || this.#isClosed || this.#pending.length === 0) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#look()
      this.#plan()
    }, pollMs)
  }

  /** Cuts whose last sample has come, or whose time is over. */
  #look(): void {
    const nowMs = this.#deps.clock.monotonicMs()
    const due = (pending: Pending): boolean => {
      const newest = this.#deps.rings.newest(pending.info.key)
      return nowMs >= pending.untilMs || (newest !== null && newest.endUs >= pending.toUs)
    }
    const ready = this.#pending.filter(due)
    if (ready.length === 0) return
    this.#pending = this.#pending.filter((pending) => !ready.includes(pending))
    this.#store(ready)
  }

  #store(ready: readonly Pending[]): void {
    let batch: Capture[] = []
    let samples = 0
    const hand = (): void => {
      const captures = batch
      batch = []
      samples = 0
      if (captures.length > 0) this.#storing = this.#storing.then(() => this.#put(captures))
    }
    for (const pending of ready) {
      const capture = this.#cut(pending)
      if (!capture) continue
      batch.push(capture)
      samples += capture.samples.length
      if (samples >= samplesAtOnce) hand()
    }
    hand()
  }

  async #put(captures: readonly Capture[]): Promise<void> {
    const checked: Capture[] = []
    let since = 0
    for (const capture of captures) {
      // A long one is looked at for 20 ms: what comes from the servers goes in between.
      if (since > lookedAtOnce) {
        await new Promise((resolve) => setImmediate(resolve))
        since = 0
      }
      since += capture.samples.length
      checked.push(looked(capture))
    }
    try {
      await this.#deps.put(checked)
      this.counters.stored += captures.length
      if (this.#paused === null) this.#deps.refused(null)
    } catch (error) {
      this.#refuse(captures.length, error instanceof Error ? error.message : String(error))
    }
  }

  #refuse(count: number, why: string): void {
    this.counters.refused += count
    this.#deps.refused(why)
  }

  #cut(pending: Pending): Capture | null {
    const { model, info, id, cause, reason, occurrenceId, rpm, runState } = pending
    const run = this.#deps.rings.cut(info.key, pending.fromUs, pending.toUs)
    if (!run) return null
    return {
      id,
      pointKey: info.key,
      cause,
      reason,
      occurrenceId,
      sourceUs: Math.round(run.startUs),
      sampleRateHz: run.sampleRateHz,
      samples: run.samples,
      gaps: run.gaps,
      rpm,
      runState,
      unit: info.contract.unit,
      contractVersion: info.contract.version,
      configHash: model.configHash,
    }
  }
}

function looked(capture: Capture): Capture {
  return { ...capture, faults: captureFaults(capture) }
}

function noSamples(info: PointInfo): RequestError {
  return new RequestError({
    code: 'no-samples',
    message: `No samples of ${info.name} have come in the last seconds.`,
    remedy: 'Look at the link on the Sync page; when blocks come again, ask once more.',
    retryable: true,
  })
}

function notNow(why: string): RequestError {
  return new RequestError({
    code: 'captures-stopped',
    message: `No waveforms are stored now: ${why}`,
    remedy: 'Make room on the disk of the data folder; captures then go on by themselves.',
    retryable: true,
  })
}
