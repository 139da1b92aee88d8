import type { BearingOrders } from '../../shared/domain/bearings.ts'
import type { Samples } from '../../shared/domain/intake.ts'
import type { BlockFault } from '../../shared/domain/point-state.ts'

/** How one waveform point is analysed; sent again when its contract or bearing changes. */
export interface DspPointConfig {
  pointKey: number
  sampleRateHz: number
  blockSize: number
  /** Factor from the contract's unit to m/s2; null when the unit is not an acceleration: no velocity then. */
  unitToMps2: number | null
  bearing: BearingOrders | null
  /** Of the supply, where the plant file says it: its lines are told apart from the bearing's. */
  mainsHz?: number | null
  /** Of the contract: what the sensor can deliver. */
  range: readonly [number, number]
  /** The waveform point that carries a pulse a turn: without one there are no phases. */
  keyphasorKey: number | null
}

export type ToDspWorker =
  | { t: 'configure'; points: DspPointConfig[] }
  | {
      t: 'block'
      job: number
      pointKey: number
      samples: Samples
      /** Time of the first sample in Unix microseconds. */
      startUs: number
      rpm: number | null
      /** The block does not continue the previous one: rolling records start anew. */
      isAfterGap: boolean
      wantSpectrum: boolean
      wantEnvelope: boolean
      /** The machine does not run. */
      standsStill: boolean
    }

/** An amplitude spectrum for display, peak amplitudes from 0 Hz. */
export interface DisplaySpectrum {
  amplitude: Float32Array
  resolutionHz: number
}

export interface DspResult {
  job: number
  /** In the order of `featureNames`; null when the block could not be analysed. */
  values: Float32Array | null
  /** What the sensor or its cable did to the block. */
  fault: BlockFault | null
  spectrum: DisplaySpectrum | null
  envelope: (DisplaySpectrum & { bandHz: readonly [number, number] }) | null
  error: string | null
}

export type FromDspWorker = { t: 'ready' } | ({ t: 'done' } & DspResult)
