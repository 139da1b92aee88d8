/** How a line's height is read: spectra of this room hold peak amplitudes, which a sine of amplitude a shows as a. */
export type AmplitudeScale = 'peak' | 'peak-to-peak' | 'rms'

const factors: Readonly<Record<AmplitudeScale, number>> = { peak: 1, 'peak-to-peak': 2, rms: Math.SQRT1_2 }

/** Factor from a peak amplitude of a line to the wanted scale. Holds for lines (sines), not for the peak of a waveform. */
export const amplitudeFactor = (scale: AmplitudeScale): number => factors[scale]

/** Reference values of ISO 1683 for vibration levels: 1 um/s2, 1 nm/s, 1 pm, in m/s2, m/s and m. */
export const decibelReferences = { acceleration: 1e-6, velocity: 1e-9, displacement: 1e-12 } as const

/** 20 log10(value / reference); a value of 0 reads -400 dB, so that a plot has a floor instead of a hole. */
export function level(value: number, reference: number): number {
  if (!(reference > 0)) throw new RangeError(`a reference of ${reference} gives no level: use a positive one`)
  return Math.max(-400, 20 * Math.log10(Math.abs(value) / reference))
}
