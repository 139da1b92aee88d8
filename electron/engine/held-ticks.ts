import type { Gap, ScalarColumns } from '../../shared/domain/intake.ts'
import type { Tick } from '../../shared/domain/twin.ts'

/** A tick that has no number yet: it gets one when the twin is asked to take it. */
export type TickContent = Omit<Tick, 'number'>

export interface HeldLimits {
  /** Values and feature rows that may wait; beyond them the oldest ticks are given up. */
  scalars: number
  features: number
}

/**
 * What was judged and waits for room on the disk. From the first tick that waits an open gap says so in the twin, since a kill
 * would lose them; when all could be stored after all, the gap ends where it began.
 */
export class HeldTicks {
  readonly #limits: HeldLimits
  readonly #ticks: TickContent[] = []
  #scalars = 0
  #features = 0
  #startUs: number | null = null
  #lostEndUs = 0
  #lost = 0

  constructor(limits: HeldLimits) {
    this.#limits = limits
  }

  get depth(): number {
    return this.#ticks.length
  }

  /** The gap that is opened by the first one; null for those after it. */
  push(tick: TickContent): Gap | null {
    this.#ticks.push(tick)
    this.#scalars += tick.scalars.count
    this.#features += tick.features.length
    while (this.#scalars > this.#limits.scalars || this.#features > this.#limits.features) this.#giveUp()
    if (this.#startUs !== null) return null
    this.#startUs = startOf(tick)
    return this.#gap(null, null, 'The disk is full: what comes in waits in memory.')
  }

  shift(): TickContent | null {
    const tick = this.#ticks.shift()
    if (!tick) return null
    this.#scalars -= tick.scalars.count
    this.#features -= tick.features.length
    return tick
  }

  /** The twin refused it once more. */
  unshift(tick: TickContent): void {
    this.#ticks.unshift(tick)
    this.#scalars += tick.scalars.count
    this.#features += tick.features.length
  }

  /** All that still waits is lost: the engine stops. */
  giveUpAll(): void {
    while (this.#ticks.length > 0) this.#giveUp()
  }

  /** Nothing waits any more: the end of the gap that `push` opened. */
  close(): Gap | null {
    if (this.#startUs === null) return null
    const gap =
      this.#lost === 0
        ? this.#gap(
            this.#startUs,
            0,
            'The disk was full; everything waited in memory and was stored when there was room.',
          )
        : this.#gap(
            Math.max(this.#startUs, this.#lostEndUs),
            this.#lost,
            'The disk was full for longer than memory could hold what came in; the oldest of it was given up.',
          )
    this.#startUs = null
    this.#lost = 0
    this.#lostEndUs = 0
    return gap
  }

  #giveUp(): void {
    const tick = this.shift()
    if (!tick) return
    this.#lost += tick.scalars.count + tick.features.length
    this.#lostEndUs = tick.atUs
  }

  #gap(endUs: number | null, count: number | null, detail: string): Gap {
    return { pointKey: null, serverId: null, cause: 'disk-full', startUs: this.#startUs ?? 0, endUs, count, detail }
  }
}

function startOf({ scalars, features, atUs }: TickContent): number {
  let startUs = atUs
  for (let i = 0; i < scalars.count; i++) {
    const receiveUs = scalars.receiveUs[i] ?? Number.NaN
    if (receiveUs < startUs) startUs = receiveUs
  }
  for (const row of features) if (row.tUs < startUs) startUs = row.tUs
  return startUs
}

export const noScalars: ScalarColumns = {
  count: 0,
  pointKey: new Uint32Array(0),
  sourceUs: new Float64Array(0),
  sourceTick: new Uint8Array(0),
  serverUs: new Float64Array(0),
  receiveUs: new Float64Array(0),
  value: new Float64Array(0),
  status: new Uint32Array(0),
}
