import { randomUUID } from 'node:crypto'
import type { Actor } from '../../../shared/domain/access.ts'
import type { Capture } from '../../../shared/domain/twin.ts'
import { convert, findUnit } from '../../../shared/domain/units.ts'
import type { MethodParams } from '../../../shared/protocol/methods.ts'
import type { ImportLook } from '../../../shared/protocol/plots.ts'
import { RequestError } from '../../live/window-session.ts'
import { captureFaults } from '../capture-faults.ts'
import type { Engine } from '../engine.ts'
import { pointOf } from '../lookup.ts'
import type { PointInfo } from '../plant-model.ts'
import type { DecodedFile } from './plot-messages.ts'

type Asked = MethodParams<'capture.look'>

/** What a file holds once what the person says is put in the place of what it does not say. */
export async function lookAtFile(
  engine: Engine,
  asked: Asked,
  signal: AbortSignal,
): Promise<{ info: PointInfo; file: DecodedFile; look: ImportLook }> {
  const info = pointOf(engine, asked.pointId)
  if (info.point.kind !== 'waveform')
    throw refused(`${info.name} is no waveform point: choose one to which the recording belongs.`)
  const { name, bytes, column } = asked
  const file = await engine.desks.plots.ask('decode', { name, bytes, column }, { signal })
  const sampleRateHz = asked.sampleRateHz ?? file.sampleRateHz
  const unit = asked.unit ?? file.unit
  const startUs = asked.startUs ?? file.startUs
  const look: ImportLook = {
    samples: file.samples.length,
    invalid: file.invalid,
    sampleRateHz,
    unit,
    startUs,
    rpm: asked.rpm ?? file.rpm,
    missing: [],
  }
  if (sampleRateHz === null) look.missing.push('The file does not say its sample rate: enter it.')
  if (unit === null) look.missing.push('The file does not say its unit: enter it.')
  else if (!unitsOf(info, unit))
    look.missing.push(
      `"${unit}" is no unit of ${info.contract.quantity} that can be turned into ${info.contract.unit}: enter the unit of the file.`,
    )
  if (startUs === null) look.missing.push('The file does not say when it was recorded: enter the time.')
  else if (startUs > engine.options.clock.nowUs())
    look.missing.push('The time lies in the future: enter when it was recorded.')
  return { info, file, look }
}

/** A file as a capture of a point: under its contract, in its unit, marked as imported, kept by hand. */
export async function importCapture(
  engine: Engine,
  asked: MethodParams<'capture.import'>,
  by: Actor,
  signal: AbortSignal,
): Promise<{ captureId: string }> {
  const { info, file, look } = await lookAtFile(engine, asked, signal)
  const { sampleRateHz, unit, startUs } = look
  const [missing] = look.missing
  if (missing !== undefined || sampleRateHz === null || unit === null || startUs === null)
    throw refused(missing ?? 'Something is not known of the file.')
  const units = unitsOf(info, unit)
  const { samples } = file
  if (units && units.from.symbol !== units.to.symbol)
    for (const [i, value] of samples.entries()) samples[i] = convert(value, units.from, units.to)
  const id = randomUUID()
  const capture: Capture = {
    id,
    pointKey: info.key,
    cause: 'import',
    reason: `imported from ${asked.name} by ${by.name}${asked.reason === '' ? '' : `: ${asked.reason}`}`,
    occurrenceId: null,
    sourceUs: Math.round(startUs),
    sampleRateHz,
    samples,
    gaps: [],
    rpm: look.rpm ?? Number.NaN,
    runState: 'unknown',
    unit: info.contract.unit,
    contractVersion: info.contract.version,
    faults: captureFaults({ samples, sampleRateHz, runState: 'unknown' }),
    configHash: engine.model.configHash,
  }
  await engine.twin.putCapture(capture)
  const after = { file: asked.name, samples: samples.length, sampleRateHz, unit, startUs }
  const audit = engine.audit.entry(by, { action: 'capture.import', subject: id, after, reason: asked.reason || null })
  // Somebody brought it: retention must not take an old recording away as the oldest of all.
  const atUs = engine.options.clock.nowUs()
  await engine.twin.pinCapture({ id, pinned: true, by: by.name, atUs, reason: 'imported', audit })
  return { captureId: id }
}

function unitsOf({ contract }: PointInfo, unit: string) {
  const from = findUnit(contract.quantity, unit)
  const to = findUnit(contract.quantity, contract.unit)
  if (from && to) return { from, to }
  return null
}

function refused(message: string): RequestError {
  return new RequestError({ code: 'refused', message, retryable: false })
}
