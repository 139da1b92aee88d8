/**
 * The six processing blocks of ISO 13374-1, from the sensor on: which of them made a value says how far it
 * is from the sensor, and what must be looked at when it is doubted.
 */
export const processingBlocks = [
  'data-acquisition',
  'data-manipulation',
  'state-detection',
  'health-assessment',
  'prognostic-assessment',
  'advisory-generation',
] as const
export type ProcessingBlock = (typeof processingBlocks)[number]

export const windowNames = ['rectangular', 'hann', 'hamming', 'blackman-harris', 'flat-top'] as const
export type WindowName = (typeof windowNames)[number]

/** Where a derived value comes from; carried by every result of `electron/dsp` that is more than a number. */
export interface Derivation {
  readonly block: ProcessingBlock
  /** name of the transform as in docs/signal-processing.md */
  readonly method: string
  /** grows when the definition changes, so that old and new values are not compared unnoticed */
  readonly version: number
  /** null where no window is applied or the question does not arise (a cepstrum's log spectrum, a time average) */
  readonly window: WindowName | null
  /** part of the spectrum that contributes; null for everything up to half the sample rate */
  readonly bandHz: readonly [number, number] | null
}
