import { randomUUID } from 'node:crypto'
import type { AuditFact } from '../../../shared/domain/audit-trail.ts'
import type { CaptureNote } from '../../../shared/domain/capture-note.ts'
import type { MethodName } from '../../../shared/protocol/methods.ts'
import type { PlotResults } from '../../../shared/protocol/plots.ts'
import { RequestError } from '../../live/window-session.ts'
import type { Engine } from '../engine.ts'
import { pointOf } from '../lookup.ts'
import type { Methods } from '../method-types.ts'
import type { PointInfo } from '../plant-model.ts'
import { importCapture, lookAtFile } from './import-capture.ts'
import { plotCepstrum, plotOrders } from './plot-orders.ts'
import { plotShaft } from './plot-shaft.ts'
import { plotSpectrum } from './plot-spectrum.ts'
import { plotStrip } from './plot-strip.ts'

/** What the vibration page draws of stored waveforms, and what it stores with them. */
export const plotMethods: Pick<Methods, keyof PlotResults & MethodName> = {
  'plot.spectrum': (engine, params, _user, asked) => plotSpectrum(engine, params, asked),
  'plot.map': async (engine, { captureIds, topHz, ...settings }, _user, { signal }) => {
    const answer = await engine.desks.plots.ask('map', { captureIds, settings, topHz }, { signal })
    const { rows, resolutionHz, lines, amplitude, unit } = answer
    return { rows, resolutionHz, lines, amplitude, unit: unit ?? unitOf(engine, answer.pointKey) }
  },
  'plot.orders': (engine, params, _user, asked) => plotOrders(engine, params, asked),
  'plot.cepstrum': (engine, params, _user, asked) => plotCepstrum(engine, params, asked),
  'plot.strip': (engine, params) => plotStrip(engine, params),
  'plot.shaft': (engine, { captureId }, _user, asked) => plotShaft(engine, captureId, asked),
  'plot.file': async (engine, { format, sets }, _user, { signal }) => {
    const uff = sets.map(({ fromHz, stepHz, tUs, ...set }) => ({
      ...set,
      kind: 'spectrum' as const,
      from: fromHz,
      step: stepHz,
      startUs: tUs,
    }))
    const bytes = await engine.desks.plots.ask('sets', { sets: uff, binary: format === 'uffb' }, { signal })
    return { name: 'spectrum.uff', bytes }
  },
  'capture.between': async (engine, { pointId, ...query }) => {
    const captures = await engine.twin.captures({ pointKey: pointOf(engine, pointId).key, ...query })
    return { captures: captures.reverse() }
  },
  'capture.file': async (engine, { captureId, format }, _user, { signal }) => {
    const head = await headOf(engine, captureId)
    const info = engine.model.byKey.get(head.pointKey)
    const title = info ? titleOf(info) : 'capture'
    const quantity = info?.contract.quantity ?? 'other'
    return engine.desks.plots.ask('file', { captureId, format, title, quantity }, { signal })
  },
  'capture.look': async (engine, params, _user, { signal }) => (await lookAtFile(engine, params, signal)).look,
  'capture.import': (engine, params, _user, { by, signal }) => importCapture(engine, params, by, signal),
  'note.list': async (engine, { captureId }) => ({ notes: await engine.twin.notes(captureId) }),
  'note.put': async (engine, { captureId, note }, _user, { by }) => {
    const known = await engine.twin.notes(captureId)
    const was = known.find(({ id }) => id === note.id)
    if (note.id !== null && !was) throw gone('note', note.id)
    const atUs = engine.options.clock.nowUs()
    const put: CaptureNote = { ...note, id: note.id ?? randomUUID(), captureId, by: by.name, atUs }
    const audit = engine.audit.entry(by, {
      action: 'capture.note',
      subject: captureId,
      before: was ? noteFact(was) : null,
      after: noteFact(put),
    })
    if (!(await engine.twin.commitNote({ put, audit }))) throw gone('capture', captureId)
    return { notes: await engine.twin.notes(captureId) }
  },
  'note.remove': async (engine, { captureId, noteId, reason }, _user, { by }) => {
    const was = (await engine.twin.notes(captureId)).find(({ id }) => id === noteId)
    if (!was) throw gone('note', noteId)
    const audit = engine.audit.entry(by, { action: 'capture.note', subject: captureId, before: noteFact(was), reason })
    const atUs = engine.options.clock.nowUs()
    await engine.twin.commitNote({ remove: { id: noteId, captureId, by: by.name, atUs }, audit })
    return { notes: await engine.twin.notes(captureId) }
  },
}

function noteFact({ id, kind, plot, at, value, unit, text }: CaptureNote): AuditFact {
  return { id, kind, plot, at, value, unit, text }
}

function gone(what: 'capture' | 'note', id: string): RequestError {
  const message = `There is no ${what} "${id}"; it may have been removed.`
  return new RequestError({ code: 'not-found', message, retryable: false })
}

async function headOf(engine: Engine, captureId: string): Promise<{ pointKey: number }> {
  const found = await engine.twin.capture(captureId)
  if (!found) throw gone('capture', captureId)
  return found
}

export function titleOf(info: PointInfo): string {
  return `${info.asset.asset.name}, ${info.name}`
}

function unitOf(engine: Engine, pointKey: number | null): string {
  return (pointKey === null ? undefined : engine.model.byKey.get(pointKey)?.contract.unit) ?? ''
}
