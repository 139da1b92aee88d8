import type { Fault } from '../../shared/domain/fault.ts'
import { leastSnapshotPause } from '../../shared/domain/snapshots.ts'
import { quantities } from '../../shared/domain/plant-file.ts'
import { findUnit, unitByAlias, unitsOf, unknownUnit, type Quantity } from '../../shared/domain/units.ts'
import { called, items, number, pair, part, text, type Raw } from './raw.ts'
import { listed, meant } from './suggest.ts'

/**
 * How far block length and cadence may differ. Cadences are written in whole milliseconds (341 for 341.33) and by hand;
 * 5 % leaves room for both and still catches every wrong factor of two.
 */
const cadenceTolerance = 0.05

interface Place {
  contract: Raw
  path: string
  /** `point "pump-101.speed"`. */
  name: string
  kind: string | undefined
}

function isQuantity(value: string | undefined): value is Quantity {
  return quantities.some((quantity) => quantity === value)
}

function unitFaults({ contract, path, name }: Place): Fault[] {
  const unit = text(contract, 'unit')
  const quantity = text(contract, 'quantity')
  if (unit === undefined || unit === unknownUnit || !isQuantity(quantity) || findUnit(quantity, unit)) return []
  const known = unitsOf(quantity).map((one) => one.symbol)
  const alias = unitByAlias(quantity, unit)
  const remedy = alias ? `Write it as "${alias.symbol}".` : meant(unit, known, `Use one of ${listed(known, 20)}.`)
  const message = `The unit "${unit}" of ${name} is no unit of ${quantity}; known are ${listed(known, 20)}.`
  return [{ path: `${path}.unit`, code: 'unknown-unit', message, remedy }]
}

function rangeFaults({ contract, path, name }: Place): Fault[] {
  return (['expectedRange', 'band'] as const).flatMap((key) => {
    const range = pair(contract, key)
    if (!range || range[0] < range[1]) return []
    const [low, high] = range
    const inverted = low > high
    const message = inverted
      ? `${key} of ${name} runs from ${low} down to ${high}: every value would be outside it.`
      : `${key} of ${name} is empty: it begins and ends at ${low}.`
    const remedy = inverted ? `Write it as [${high}, ${low}].` : 'Give a lower and a higher number.'
    return [{ path: `${path}.${key}`, code: inverted ? 'inverted-range' : 'empty-range', message, remedy }]
  })
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= cadenceTolerance * Math.max(a, b)
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(4)))
}

function rateFaults({ contract, path, name, kind }: Place): Fault[] {
  const rate = number(contract, 'sampleRateHz')
  const cadence = number(contract, 'updateCadenceMs')
  const block = number(contract, 'blockSize')
  if (kind === 'waveform' && contract['blockSize'] === undefined) {
    const message = `The waveform ${name} does not say how many samples a block has.`
    const remedy =
      rate !== undefined && cadence !== undefined
        ? `Add "blockSize"; its rate and cadence give ${Math.round((rate * cadence) / 1000)}.`
        : 'Add "blockSize", the length of the array the server publishes.'
    return [{ path: `${path}.blockSize`, code: 'missing-block-size', message, remedy }]
  }
  if (rate === undefined || cadence === undefined || rate <= 0 || cadence <= 0) return []
  if (block !== undefined && (kind === 'waveform' || block > 1)) {
    const spanMs = (block * 1000) / rate
    if (near(spanMs, cadence) || cadence >= leastSnapshotPause * spanMs) return []
    const message = `A block of ${block} samples of ${name} lasts ${rounded(spanMs)} ms at ${rate} Hz, but one is said to come every ${cadence} ms.`
    const remedy = `Set "updateCadenceMs" to ${rounded(spanMs)}, or "blockSize" to ${Math.round((rate * cadence) / 1000)}. A source that takes single blocks with time between them has a cadence of ${rounded(leastSnapshotPause * spanMs)} or more.`
    return [{ path: `${path}.updateCadenceMs`, code: 'block-cadence-mismatch', message, remedy }]
  }
  // Slower than the rate is right (the server hands over several samples at once); faster cannot be.
  const periodMs = 1000 / rate
  if (kind === 'scalar' && cadence < periodMs * (1 - cadenceTolerance)) {
    const message = `${name} is sampled ${rounded(rate)} times a second, every ${rounded(periodMs)} ms, but an update is said to come every ${cadence} ms.`
    const remedy = `Set "updateCadenceMs" to ${rounded(periodMs)} or more, or "sampleRateHz" to ${rounded(1000 / cadence)}.`
    return [{ path: `${path}.updateCadenceMs`, code: 'cadence-rate-mismatch', message, remedy }]
  }
  return []
}

function nyquistFaults({ contract, path, name, kind }: Place): Fault[] {
  const band = pair(contract, 'band')
  const rate = number(contract, 'sampleRateHz')
  // A scalar that is already an rms was band-limited by the instrument at a rate of its own.
  if (!band || rate === undefined || (kind !== 'waveform' && text(contract, 'detector') !== 'raw')) return []
  const faults: Fault[] = []
  if (band[1] > rate / 2) {
    const message = `The band of ${name} reaches ${band[1]} Hz, above half its sample rate (${rounded(rate / 2)} Hz).`
    const remedy = `End the band at ${rounded(rate / 2)} Hz, or sample at ${rounded(band[1] * 2.56)} Hz.`
    faults.push({ path: `${path}.band`, code: 'band-above-nyquist', message, remedy })
  }
  if (band[0] < 0) {
    const message = `The band of ${name} begins at ${band[0]} Hz, below zero.`
    faults.push({ path: `${path}.band`, code: 'negative-band', message, remedy: 'Begin it at 0 Hz or above.' })
  }
  return faults
}

function policyFaults({ contract, path, name }: Place): Fault[] {
  const policy = part(contract, 'policy')
  const cadence = number(contract, 'updateCadenceMs')
  const stale = number(policy, 'staleAfterMs')
  const missing = number(policy, 'missingAfterMs')
  const batch = number(contract, 'batchMs')
  const faults: Fault[] = []
  if (cadence === undefined) return faults
  if (batch !== undefined && batch < cadence) {
    const message = `${name} is said to come in batches of ${batch} ms, less than the ${cadence} ms from one value to the next.`
    const remedy = `Set "batchMs" to a multiple of ${cadence}, or remove it.`
    faults.push({ path: `${path}.batchMs`, code: 'batch-below-cadence', message, remedy })
  } else if (batch !== undefined && missing !== undefined && missing < batch) {
    const message = `${name} would be missing after ${missing} ms although it comes in batches of ${batch} ms.`
    const remedy = `Set "missingAfterMs" to ${rounded(batch * 3)} or more.`
    faults.push({ path: `${path}.policy.missingAfterMs`, code: 'missing-before-batch', message, remedy })
  }
  if (stale !== undefined && stale < cadence) {
    const message = `${name} would be stale after ${stale} ms although it is updated only every ${cadence} ms.`
    const remedy = `Set "staleAfterMs" to ${rounded(cadence * 2)}, twice the cadence.`
    faults.push({ path: `${path}.policy.staleAfterMs`, code: 'stale-before-cadence', message, remedy })
  }
  if (missing !== undefined && missing < cadence) {
    const message = `${name} would be missing after ${missing} ms although it is updated only every ${cadence} ms.`
    const remedy = `Set "missingAfterMs" to ${rounded(cadence * 3)} or more.`
    faults.push({ path: `${path}.policy.missingAfterMs`, code: 'missing-before-cadence', message, remedy })
  } else if (missing !== undefined && stale !== undefined && missing < stale) {
    const message = `${name} would be missing after ${missing} ms, before it is stale after ${stale} ms.`
    const remedy = 'Set "missingAfterMs" to more than "staleAfterMs".'
    faults.push({ path: `${path}.policy.missingAfterMs`, code: 'missing-before-stale', message, remedy })
  }
  return faults
}

/** What only one kind of point can have: a deadband is of single values, a packing of blocks. */
function kindFaults({ contract, path, name, kind }: Place): Fault[] {
  const faults: Fault[] = []
  if (kind === 'waveform' && contract['deadband'] !== undefined)
    faults.push({
      path: `${path}.deadband`,
      code: 'deadband-on-waveform',
      message: `The waveform ${name} has a deadband, which servers apply to single values only.`,
      remedy: 'Remove "deadband"; every block is taken.',
    })
  const deadband = part(contract, 'deadband')
  const percent = text(deadband, 'kind') === 'percent' ? number(deadband, 'value') : undefined
  if (percent !== undefined && percent > 100)
    faults.push({
      path: `${path}.deadband.value`,
      code: 'deadband-over-range',
      message: `The deadband of ${name} is ${percent} % of its range: no change could be as large.`,
      remedy: 'Give a few percent, or an absolute value with "kind": "absolute".',
    })
  if (kind !== 'waveform' && contract['packing'] !== undefined)
    faults.push({
      path: `${path}.packing`,
      code: 'packing-without-blocks',
      message: `${name} is no waveform, but its contract says how blocks are packed.`,
      remedy: 'Remove "packing", or set the kind of the point to "waveform".',
    })
  return faults
}

/** Whether each measurement contract agrees with itself. */
export function contractFaults(root: Raw): Fault[] {
  return items(root, 'points').flatMap(([point, index]) => {
    if (point['contract'] === undefined) return []
    const place: Place = {
      contract: part(point, 'contract'),
      path: `points[${index}].contract`,
      name: `point ${called(point, index)}`,
      kind: text(point, 'kind'),
    }
    return [
      unitFaults(place),
      rangeFaults(place),
      rateFaults(place),
      nyquistFaults(place),
      policyFaults(place),
      kindFaults(place),
    ].flat()
  })
}
