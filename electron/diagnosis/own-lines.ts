import type { BandEnvelope } from './band.ts'

/** The winner's own lines and their shaft sidebands, out to this harmonic, are no measure of what chance finds. */
const OWN_HARMONICS = 12

/** Bins of the lattice k x f + j x shaft are put down to the floor. */
export function withoutLattice(envelope: BandEnvelope, raceHz: number, shaftHz: number): BandEnvelope {
  const { resolutionHz } = envelope
  const decades = Float32Array.from(envelope.decades)
  const depth = Float64Array.from(envelope.depth)
  const width = 1.5 * resolutionHz
  const topHz = decades.length * resolutionHz
  for (let k = 1; k <= OWN_HARMONICS; k += 1) {
    const reach = width + 0.0006 * k * raceHz
    for (let hz = (k * raceHz) % shaftHz; hz < topHz; hz += shaftHz) {
      for (let bin = Math.ceil((hz - reach) / resolutionHz); bin <= (hz + reach) / resolutionHz; bin += 1) {
        if (bin < 0 || bin >= decades.length) continue
        decades[bin] = Math.min(decades[bin] as number, 0)
        depth[bin] = 0
      }
    }
  }
  return { ...envelope, decades, depth }
}
