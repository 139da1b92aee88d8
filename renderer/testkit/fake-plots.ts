import type { CaptureNote } from '../../shared/domain/capture-note.ts'
import type { CaptureHead } from '../../shared/domain/twin.ts'
import { methodParams, type MethodName, type MethodResult } from '../../shared/protocol/methods.ts'
import type { PlotResults } from '../../shared/protocol/plots.ts'
import { fakeDiagnosis } from './fake-diagnosis.ts'
import { fakeRecord, fakeSpectrum, sampleRateHz, type FakeSource } from './fake-signals.ts'

export type PlotMethod = keyof PlotResults | 'capture.diagnose' | 'capture.list' | 'capture.read'

export function isPlotMethod(method: MethodName): method is PlotMethod {
  return /^(plot|note)\.|^capture\.(list|read|between|file|look|import|diagnose)$/.test(method)
}

const dayUs = 86_400e6
const stored = 160

/** Stored waveforms of paper: two a day for eighty days, in which the damage grows. */
export class FakePlots {
  readonly #source: (pointId: string) => FakeSource
  readonly #startedUs = Date.now() * 1000
  readonly #notes: CaptureNote[] = []

  constructor(source: (pointId: string) => FakeSource) {
    this.#source = source
  }

  /** `cap-N-POINT`: N half days ago. */
  #head(pointId: string, age: number): CaptureHead {
    const cause = age === 0 ? 'alarm' : age % 14 === 3 ? 'demand' : 'schedule'
    return {
      id: `cap-${age}-${pointId}`,
      pointKey: 1,
      cause,
      reason: { alarm: 'pump-101.rms-high raised', schedule: '', demand: 'asked for by operator' }[cause],
      gaps: [],
      faults: age === 2 ? [{ fault: 'clipped' as const, detail: '14 samples lie on the rails' }] : [],
      unit: 'g',
      contractVersion: 1,
      coding: 'int16',
      bytes: 21_400,
      pin: cause === 'alarm' ? 'alarm' : null,
      occurrenceId: cause === 'alarm' ? 'occ-pump-101' : null,
      sourceUs: this.#startedUs - age * (dayUs / 2) - 60e6,
      sampleRateHz,
      rpm: 1772 - (age % 7),
      runState: 'running',
      configHash: 'f3a9c1',
      sampleCount: 65_536,
    }
  }

  #of(captureId: string): { head: CaptureHead; source: FakeSource } {
    const [, age = '0', pointId = ''] = /^cap-(\d+)-(.*)$/.exec(captureId) ?? []
    const source = this.#source(pointId)
    const head = this.#head(pointId, Number(age))
    const grown = source.damage * Math.max(0.02, 1 - Number(age) / stored)
    return { head, source: { ...source, rpm: head.rpm, damage: grown } }
  }

  call(method: PlotMethod, params: unknown): MethodResult<MethodName> {
    switch (method) {
      case 'capture.list': {
        const { pointId, limit } = methodParams[method].parse(params)
        return { captures: Array.from({ length: Math.min(limit, stored) }, (_, n) => this.#head(pointId, n)) }
      }
      case 'capture.between': {
        const { pointId, fromUs, toUs, limit } = methodParams[method].parse(params)
        const all = Array.from({ length: stored }, (_, n) => this.#head(pointId, n))
        return { captures: all.filter((c) => c.sourceUs >= fromUs && c.sourceUs < toUs).slice(0, limit) }
      }
      case 'capture.read': {
        const { head, source } = this.#of(methodParams[method].parse(params).captureId)
        return { capture: head, samples: fakeRecord(source, head.sampleCount) }
      }
      case 'capture.diagnose': {
        const { head, source } = this.#of(methodParams[method].parse(params).captureId)
        return fakeDiagnosis({ ...head, rpm: source.rpm }, /^cap-\d+-(.*)$/.exec(head.id)?.[1] ?? '')
      }
      case 'plot.spectrum':
        return this.#spectrum(params)
      case 'plot.map':
        return this.#map(params)
      case 'plot.orders':
        return this.#orders(params)
      case 'plot.cepstrum':
        return this.#cepstrum(params)
      case 'plot.strip':
        return this.#strip(params)
      case 'plot.shaft':
        return fakeShaft()
      case 'capture.file':
      case 'plot.file':
        return { name: 'paper.csv', bytes: new Uint8Array(8) }
      case 'capture.look':
        return { samples: 4, invalid: 0, sampleRateHz: null, unit: 'g', startUs: null, rpm: null, missing: ['Rate.'] }
      case 'capture.import':
        return { captureId: 'cap-1-' }
      case 'note.list':
        return { notes: this.#notes }
      case 'note.put': {
        const { captureId, note } = methodParams[method].parse(params)
        const put = {
          ...note,
          id: note.id ?? `n${this.#notes.length}`,
          captureId,
          by: 'analyst',
          atUs: Date.now() * 1000,
        }
        this.#notes.push(put)
        return { notes: [...this.#notes] }
      }
      case 'note.remove': {
        const { noteId } = methodParams[method].parse(params)
        this.#notes.splice(
          this.#notes.findIndex(({ id }) => id === noteId),
          1,
        )
        return { notes: [...this.#notes] }
      }
    }
  }

  #spectrum(params: unknown): MethodResult<'plot.spectrum'> {
    const { of, kind } = methodParams['plot.spectrum'].parse(params)
    const { head, source } = 'captureId' in of ? this.#of(of.captureId) : this.#of(`cap-0-${of.pointId}`)
    const frame = fakeSpectrum(source, kind, head.sourceUs)
    return {
      frame: { ...frame, tUs: head.sourceUs },
      captureId: head.id,
      averages: 8,
      window: 'hann',
      noiseBandwidthLines: 1.5,
      sampleRateHz,
    }
  }

  #orders(params: unknown): MethodResult<'plot.orders'> {
    const { of } = methodParams['plot.orders'].parse(params)
    const { head, source } = this.#of('captureId' in of ? of.captureId : `cap-0-${of.pointId}`)
    const frame = { ...fakeSpectrum(source, 'spectrum', head.sourceUs), tUs: head.sourceUs }
    const made = { averages: 5, window: 'hann' as const, noiseBandwidthLines: 1.5, sampleRateHz }
    const turns = { revolutions: 75, revolutionsPerPiece: 32, rpmRange: [1768, 1776] satisfies [number, number] }
    return { ...made, ...turns, frame, captureId: head.id, speedFrom: 'tag' }
  }

  #cepstrum(params: unknown): MethodResult<'plot.cepstrum'> {
    const { of } = methodParams['plot.cepstrum'].parse(params)
    const { head, source } = this.#of('captureId' in of ? of.captureId : `cap-0-${of.pointId}`)
    const turnS = 60 / source.rpm
    const bpfoS = turnS / 3.585
    const values = Float32Array.from({ length: sampleRateHz }, (_, n) => {
      const s = n / sampleRateHz
      const near = (period: number): number => Math.exp(-(((s / period - Math.round(s / period)) * period * 4000) ** 2))
      const far = Math.exp(-s * 20)
      return far * (0.12 * source.damage * near(bpfoS) + 0.06 * near(turnS)) + 0.6 * Math.exp(-s * 4000)
    })
    return {
      captureId: head.id,
      pointId: source.pointId,
      tUs: head.sourceUs,
      values,
      stepS: 1 / sampleRateHz,
      averages: 1,
      pieceSamples: head.sampleCount,
      rpm: source.rpm,
      marks: [
        { fault: 'shaft', s: turnS },
        { fault: 'bpfo', s: bpfoS },
      ],
    }
  }

  #map(params: unknown): MethodResult<'plot.map'> {
    const { captureIds, kind } = methodParams['plot.map'].parse(params)
    const spectra = captureIds.map((id) => {
      const { head, source } = this.#of(id)
      return { head, frame: fakeSpectrum(source, kind, head.sourceUs) }
    })
    const lines = spectra[0]?.frame.amplitude.length ?? 0
    const amplitude = new Float32Array(spectra.length * lines)
    for (const [row, { frame }] of spectra.entries()) amplitude.set(frame.amplitude, row * lines)
    return {
      rows: spectra.map(({ head }) => ({
        captureId: head.id,
        tUs: head.sourceUs,
        rpm: head.rpm,
        runState: head.runState,
        cause: head.cause,
        refused: null,
      })),
      resolutionHz: spectra[0]?.frame.resolutionHz ?? 1,
      lines,
      unit: 'g',
      amplitude,
    }
  }

  #strip(params: unknown): MethodResult<'plot.strip'> {
    const { pointId, fromUs, toUs } = methodParams['plot.strip'].parse(params)
    const span = toUs - fromUs
    return {
      runStates: [
        { atUs: fromUs, state: 'running' },
        { atUs: fromUs + span * 0.3, state: 'not-running' },
        { atUs: fromUs + span * 0.36, state: 'transient' },
        { atUs: fromUs + span * 0.37, state: 'running' },
      ],
      alerts: [
        {
          occurrenceId: 'occ-pump-101',
          level: 'alarm',
          fromUs: fromUs + span * 0.8,
          toUs: null,
          words: 'Bearing damage',
        },
        {
          occurrenceId: 'o2',
          level: 'warning',
          fromUs: fromUs + span * 0.5,
          toUs: fromUs + span * 0.55,
          words: 'Vibration high',
        },
      ],
      breaks: [{ atUs: fromUs + span * 0.2, kind: 'sensor', words: 'sensor s-1 replaced' }],
      captures: Array.from({ length: stored }, (_, n) => this.#head(pointId, n))
        .filter(({ sourceUs }) => sourceUs >= fromUs && sourceUs < toUs)
        .map(({ id, sourceUs, cause }) => ({ captureId: id, tUs: sourceUs, cause })),
    }
  }
}

/** An ellipse with a little of twice a turn, as a shaft that is a bit unbalanced and a bit bent goes. */
function fakeShaft(): MethodResult<'plot.shaft'> {
  const turn = (of: (angle: number) => [number, number], turns = 1): Float32Array =>
    Float32Array.from(Array.from({ length: 361 * turns }, (_, i) => of((2 * Math.PI * i) / 360)).flat())
  const steps = Array.from({ length: 60 }, (_, i) => i)
  const past = (i: number): number => 40 / Math.hypot(1 - ((600 + i * 40) / 1800) ** 2, 0.25)
  return {
    refused: null,
    x: 'X',
    y: 'Y',
    unit: 'um',
    sampleRateHz: 25_600,
    whole: turn((a) => [30 * Math.cos(a) + 6 * Math.cos(2 * a), 18 * Math.sin(a + 0.3) + 2 * Math.sin(7 * a)], 4),
    marks: Int32Array.of(0, 360, 720, 1080),
    once: turn((a) => [30 * Math.cos(a), 18 * Math.sin(a + 0.3)]),
    twice: turn((a) => [6 * Math.cos(a), 2 * Math.sin(a)]),
    full: Float32Array.from({ length: 401 }, (_, i) => (i === 230 ? 24 : i === 170 ? 6 : i === 260 ? 3 : 0.1)),
    fullResolutionHz: 1,
    rpm: Float32Array.from(steps, (i) => 600 + i * 40),
    amplitudeX: Float32Array.from(steps, past),
    phaseX: Float32Array.from(steps, (i) => (Math.atan2(0.25, 1 - ((600 + i * 40) / 1800) ** 2) * 180) / Math.PI),
    amplitudeY: Float32Array.from(steps, (i) => past(i) * 0.7),
    phaseY: Float32Array.from(steps, (i) => 90 + (Math.atan2(0.25, 1 - ((600 + i * 40) / 1800) ** 2) * 180) / Math.PI),
    courseS: Float32Array.from(steps, (i) => i * 0.2),
    centreline: Float32Array.from(steps.flatMap((i) => [i * 0.6, i * 1.1 - (i * i) / 110])),
  }
}
