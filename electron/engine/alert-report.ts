import type { AlertReport, ReportNumber, ReportSpectrum } from '../../shared/domain/alert-report.ts'
import type { AlertOccurrence } from '../../shared/domain/alert.ts'
import type { EnvelopeLine } from '../../shared/domain/analysis.ts'
import type { BearingCatalogue, BearingOrders } from '../../shared/domain/bearings.ts'
import { featureIndex } from '../../shared/domain/features.ts'
import type { CaptureHead, TrendColumns } from '../../shared/domain/twin.ts'
import { isAdvice, type WhyView } from '../../shared/protocol/health.ts'
import { envelopeLines } from '../dsp/recording-features.ts'
import type { TwinReader } from '../store/api.ts'
import { limitsBehind, whyOf, type WhySource } from './alert-why.ts'
import { featureInWords, timeInWords } from './health-records.ts'
import { featureUnit, ordersOf, shaftRatio, type PointInfo } from './plant-model.ts'
import type { Lines, SpectrumSettings } from './plots/spectrum-of.ts'
import { marksOf } from './spectrum-hub.ts'

export interface ReportSource extends WhySource {
  twin: WhySource['twin'] & Pick<TwinReader, 'captures'>
  catalogue: BearingCatalogue
  /** Of a stored waveform; refuses in a sentence where it cannot be transformed. */
  spectrum(captureId: string, settings: SpectrumSettings): Promise<Lines>
  software: string
  nowUs(): number
}

export interface ReportRequest {
  owner: string
  due: string | null
  /** Empty: what the alert's own contract says. */
  action: string
  by: string
}

const dayUs = 86_400e6
const trendColumns = 340
const mostWords = 60
/** 3200 lines resolve the sidebands of a shaft at 25.6 kHz in pieces of a third of a second. */
const settings = { window: 'hann', lines: 3200, overlap: 0.5, averaging: 'power', bandHz: null } as const
/** Fault lines of different families lie within hertz of one another. */
const envelopeLineCount = 12_800
/** Lines that stand out by more than noise does (6 to 14 dB). */
const clearDb = 14

/** Everything that the page about one alert says, from the twin and the plant file alone. */
export async function alertReport(
  source: ReportSource,
  occurrence: AlertOccurrence,
  request: ReportRequest,
): Promise<AlertReport> {
  const { model } = source
  const info = model.byId.get(occurrence.pointId)
  const asset = model.assetById.get(occurrence.assetId)?.asset
  const { timeZone, name } = model.plant.plant
  const why = await whyOf(source, occurrence)
  const feature = why.changed.known?.feature ?? occurrence.feature
  const captures = info ? await capturesOf(source, info, occurrence) : { own: [], nearest: null }
  const capture = captures.own[0] ?? captures.nearest
  const { spectra, numbers: lineNumbers, missing } = await evidenceOf(source, info, capture)
  const plate = [asset?.manufacturer, asset?.model].filter((text) => text !== undefined).join(' ')
  return {
    title: `${asset?.name ?? occurrence.assetId}: ${occurrence.contract.meaning}`,
    plant: { name, timeZone },
    machine: {
      name: asset?.name ?? occurrence.assetId,
      id: occurrence.assetId,
      line: model.plant.lines.find(({ id }) => id === asset?.lineId)?.name ?? asset?.lineId ?? '',
      plate: plate === '' ? null : plate,
    },
    point: { name: info?.name ?? occurrence.pointId, id: occurrence.pointId },
    occurrence: {
      id: occurrence.id,
      level: occurrence.level,
      state: occurrence.state,
      raisedUs: occurrence.raisedUs,
      isAdvice: isAdvice(occurrence),
    },
    finding: findingWords(occurrence, why, {
      asset: asset?.name ?? occurrence.assetId,
      point: info?.name ?? '',
      timeZone,
    }),
    action: request.action === '' ? occurrence.contract.action : request.action,
    owner: request.owner,
    due: request.due,
    respondByUs: occurrence.respondByUs,
    facts: factsOf(occurrence, why, timeZone),
    trend: info ? await trendOf(source, info, feature, occurrence, why) : null,
    spectra,
    numbers: [...numbersOf(occurrence, why, info), ...lineNumbers],
    missing: [
      ...missing,
      ...missingOf(why),
      ...(captures.own.length === 0 && capture ? [nearestWords(capture, timeZone)] : []),
    ],
    captures: [...captures.own, ...(captures.own.length === 0 && capture ? [capture] : [])].map((one) => ({
      id: one.id,
      cause: one.reason === '' ? one.cause : one.reason,
      tUs: one.sourceUs,
      seconds: one.sampleCount / one.sampleRateHz,
      pinned: one.pin !== null,
    })),
    similar: similarWords(why, timeZone),
    configHash: occurrence.configHash,
    software: source.software,
    madeUs: source.nowUs(),
    madeBy: request.by,
  }
}

const short = (value: number): string => String(Number(value.toPrecision(3)))
const withUnit = (value: number, unit: string): string => (unit === '' ? short(value) : `${short(value)} ${unit}`)

interface Names {
  asset: string
  point: string
  timeZone: string
}

function findingWords(occurrence: AlertOccurrence, why: WhyView, { asset, point, timeZone }: Names): string {
  const { meaning } = occurrence.contract
  const sentences = [`${asset}${point === '' ? '' : `, ${point}`}: ${ended(meaning)}`]
  const { known: amount } = why.amount
  const { known: changed } = why.changed
  if (amount && changed) {
    const times = amount.factor === null ? '' : `, ${short(amount.factor)} times what is usual`
    const since = why.span.known ? `, since ${timeInWords(why.span.known.sinceUs, timeZone)}` : ''
    sentences.push(
      ended(`${capital(featureInWords(changed.feature))} is ${withUnit(amount.value, amount.unit)}${times}${since}`),
    )
  }
  if (why.outlook.known)
    sentences.push(
      `If it goes on, the alarm limit is reached between ${timeInWords(why.outlook.known.earliestUs, timeZone)} and ${timeInWords(why.outlook.known.latestUs, timeZone)}.`,
    )
  return atMostWords(sentences)
}

/** Whole sentences while they fit; a first one that is too long by itself is cut. */
export function atMostWords(sentences: readonly string[], most = mostWords): string {
  const kept: string[] = []
  let count = 0
  for (const sentence of sentences) {
    const words = sentence.split(/\s+/)
    if (count + words.length > most) {
      if (kept.length === 0) kept.push(`${words.slice(0, most - 1).join(' ')} …`)
      break
    }
    kept.push(sentence)
    count += words.length
  }
  return kept.join(' ')
}

function ended(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function factsOf(occurrence: AlertOccurrence, why: WhyView, timeZone: string): AlertReport['facts'] {
  const at = (tUs: number): string => timeInWords(tUs, timeZone)
  const { baseline, span, amount } = why
  const change = amount.known?.changeDb ?? null
  return [
    { label: 'Raised', value: at(occurrence.raisedUs) },
    ...(occurrence.contract.state === undefined
      ? []
      : [{ label: 'By the limits of', value: occurrence.contract.state }]),
    ...(change === null ? [] : [{ label: 'By how much', value: `${change.toFixed(1)} dB` }]),
    ...(span.known
      ? [{ label: 'Over which time', value: `${at(span.known.sinceUs)} to ${at(span.known.untilUs)}` }]
      : []),
    ...(baseline.known
      ? [
          {
            label: 'Against which baseline',
            value: `${baseline.known.snapshots} snapshots, ${at(baseline.known.fromUs)} to ${at(baseline.known.untilUs)}, approved by ${baseline.known.approvedBy}`,
          },
        ]
      : []),
    ...why.evidence.slice(0, 3).map(({ reason }) => ({ label: 'Test', value: reason })),
  ]
}

function numbersOf(occurrence: AlertOccurrence, why: WhyView, info: PointInfo | undefined): ReportNumber[] {
  const { known: amount } = why.amount
  const unit = info ? featureUnit(info, occurrence.feature) : ''
  const of = featureInWords(why.changed.known?.feature ?? occurrence.feature)
  const twin = (label: string, value: string): ReportNumber => ({ label, value, captureId: null })
  return [
    ...(amount ? [twin(`${capital(of)} when it was raised`, withUnit(amount.value, amount.unit))] : []),
    ...(amount
      ? [
          twin(
            why.baseline.known ? 'Approved baseline' : 'Usual value of the day before',
            withUnit(amount.reference, amount.unit),
          ),
        ]
      : []),
    ...(why.isAdvice
      ? why.score === null
        ? []
        : [twin('Test statistic over its limit', short(why.score))]
      : [twin('Limit', withUnit(occurrence.limit, unit)), twin('Highest since', withUnit(occurrence.peakValue, unit))]),
  ]
}

function missingOf(why: WhyView): string[] {
  const asked = [why.changed, why.amount, why.span, why.baseline]
  return [
    ...new Set(asked.flatMap(({ missing }) => (missing === null ? [] : [missing]))),
    ...(why.outlook.missing === null ? [] : [`No time to the limit: ${ended(why.outlook.missing)}`]),
    ...(why.similar.missing === null ? [] : [why.similar.missing]),
  ]
}

function similarWords({ similar }: WhyView, timeZone: string): string[] {
  return (similar.known?.cases ?? []).map(
    ({ assetName, pointName, raisedUs, outcome, note }) =>
      `${timeInWords(raisedUs, timeZone)}, ${assetName}, ${pointName}: ${outcome.replaceAll('-', ' ')}${note === null || note === '' ? '' : ` (${note})`}`,
  )
}

function nearestWords({ id, sourceUs }: CaptureHead, timeZone: string): string {
  return `No capture belongs to this alert; the nearest one is shown: ${id}, ${timeInWords(sourceUs, timeZone)}.`
}

async function capturesOf({ twin }: ReportSource, info: PointInfo, { id, raisedUs }: AlertOccurrence) {
  const all = await twin.captures({ occurrenceId: id, limit: 10 })
  // That of the rise first: one of the end shows a machine that is well again.
  const own = all.toSorted((a, b) => Math.abs(a.sourceUs - raisedUs) - Math.abs(b.sourceUs - raisedUs))
  if (own.length > 0) return { own, nearest: null }
  const near = await twin.captures({
    pointKey: info.key,
    fromUs: raisedUs - dayUs,
    toUs: raisedUs + dayUs,
    limit: 200,
  })
  const [nearest = null] = near.toSorted((a, b) => Math.abs(a.sourceUs - raisedUs) - Math.abs(b.sourceUs - raisedUs))
  return { own, nearest }
}

async function evidenceOf(
  source: ReportSource,
  info: PointInfo | undefined,
  capture: CaptureHead | null,
): Promise<{ spectra: ReportSpectrum[]; numbers: ReportNumber[]; missing: string[] }> {
  if (!info || info.point.kind !== 'waveform') return { spectra: [], numbers: [], missing: [] }
  if (!capture)
    return { spectra: [], numbers: [], missing: ['The twin has no waveform from within a day of this alert.'] }
  const orders = ordersOf(info, source.catalogue)
  const rated = info.asset.asset.ratedRpm
  const assumed = rated === undefined ? Number.NaN : rated * shaftRatio(info)
  const rpm = Number.isFinite(capture.rpm) ? capture.rpm : assumed
  const shaftHz = Number.isFinite(rpm) && rpm > 0 ? rpm / 60 : null
  const spectra: ReportSpectrum[] = []
  const numbers: ReportNumber[] = []
  const missing: string[] = []
  if (shaftHz === null) missing.push('The speed is not known: no fault lines are drawn.')
  else numbers.push({ label: 'Shaft speed', value: `${Math.round(rpm)} rpm`, captureId: capture.id })
  for (const kind of ['spectrum', 'envelope'] as const) {
    try {
      const lines = await linesOf(source, capture, kind)
      spectra.push(drawn(kind, info, capture, lines, shaftHz, orders))
      if (kind === 'envelope' && shaftHz !== null && orders)
        numbers.push(...faultNumbers(lines, orders, shaftHz, capture, info))
    } catch (error) {
      missing.push(error instanceof Error ? error.message : String(error))
    }
  }
  return { spectra, numbers, missing }
}

/** A short capture has fewer lines. */
function linesOf(source: ReportSource, capture: CaptureHead, kind: 'spectrum' | 'envelope'): Promise<Lines> {
  const lines = kind === 'envelope' ? envelopeLineCount : settings.lines
  const isLong = capture.sampleCount >= 2 * lines * 2.56
  return source.spectrum(capture.id, { ...settings, kind, lines: isLong ? lines : null })
}

const markNames: Readonly<Record<string, string>> = { shaft: '', bpfo: 'BPFO', bpfi: 'BPFI', bsf: 'BSF', ftf: 'FTF' }

function drawn(
  kind: 'spectrum' | 'envelope',
  info: PointInfo,
  capture: CaptureHead,
  { amplitude, resolutionHz }: Lines,
  shaftHz: number | null,
  orders: BearingOrders | null,
): ReportSpectrum {
  const reach = (amplitude.length - 1) * resolutionHz
  // An envelope is read for its first harmonics; beyond the fifth of the inner race nothing is.
  const wanted = shaftHz !== null && orders ? 5.5 * orders.bpfi * shaftHz : 1000
  const topHz = kind === 'envelope' ? Math.min(reach, wanted) : reach
  const marks = shaftHz === null ? [] : marksOf(topHz, shaftHz, kind === 'envelope' ? orders : null)
  return {
    kind,
    label: info.name,
    captureId: capture.id,
    unit: capture.unit ?? info.contract.unit,
    resolutionHz,
    amplitude,
    marks: marks
      .filter(({ harmonic, fault }) => harmonic <= 3 && (fault !== 'ftf' || harmonic === 1))
      .map(({ fault, harmonic, hz }) => ({ label: `${markNames[fault] ?? fault} ${harmonic}×`.trim(), hz })),
    topHz,
  }
}

/** The clearest line of each family, or that there is none. */
function faultNumbers(
  { amplitude, resolutionHz }: Lines,
  orders: BearingOrders,
  shaftHz: number,
  capture: CaptureHead,
  info: PointInfo,
): ReportNumber[] {
  const lines = envelopeLines(Float64Array.from(amplitude), resolutionHz, orders, shaftHz)
  const unit = capture.unit ?? info.contract.unit
  return (['bpfo', 'bpfi', 'bsf', 'ftf'] as const).flatMap((fault): ReportNumber[] => {
    const own = lines.filter((line) => line.fault === fault && line.harmonic <= 3 && isNearest(line, lines))
    const [best] = own.toSorted((a, b) => b.snrDb - a.snrDb)
    if (!best) return []
    const name = `${markNames[fault] ?? fault} ${best.harmonic}× in the envelope, expected at ${best.expectedHz.toFixed(1)} Hz`
    const value =
      best.snrDb >= clearDb
        ? `${withUnit(best.amplitude, unit)} at ${best.foundHz.toFixed(1)} Hz, ${best.snrDb.toFixed(0)} dB above its surroundings`
        : `not clear (${best.snrDb.toFixed(0)} dB)`
    return [{ label: name, value, captureId: capture.id }]
  })
}

/** What is found within the tolerance may be a line of another family: it belongs to the one that expects it there. */
function isNearest(line: EnvelopeLine, lines: readonly EnvelopeLine[]): boolean {
  const off = ({ expectedHz }: EnvelopeLine): number => Math.abs(Math.log(line.foundHz / expectedHz))
  return !lines.some((other) => other.fault !== line.fault && off(other) < off(line))
}

async function trendOf(
  { twin }: ReportSource,
  info: PointInfo,
  feature: string,
  occurrence: AlertOccurrence,
  why: WhyView,
): Promise<AlertReport['trend']> {
  const { raisedUs, returnedUs } = occurrence
  const index = featureIndex(feature)
  const isScalar = info.point.kind !== 'waveform'
  if (index < 0 && !isScalar) return null
  const sinceUs = why.span.known?.sinceUs ?? raisedUs
  // As much of before as of the change, a day at least.
  const toUs = Math.max(raisedUs, returnedUs ?? 0) + 3600e6
  const fromUs = Math.min(raisedUs - dayUs, sinceUs - (raisedUs - sinceUs))
  const read = (from: number, to: number): Promise<TrendColumns> =>
    isScalar ? twin.trend(info.key, from, to, trendColumns) : twin.featureTrend(info.key, index, from, to, trendColumns)
  const whole = await read(fromUs, toUs)
  const there = [...whole.tUs].filter((_, i) => Number.isFinite(whole.mean[i] ?? Number.NaN))
  const [first, last] = [there[0], there.at(-1)]
  if (first === undefined || last === undefined) return null
  // A young twin has no day before: the minutes that it has fill the plot.
  const columnUs = (toUs - fromUs) / trendColumns
  const isYoung = last - first < 0.6 * (toUs - fromUs)
  const { tUs, min, max, mean } = isYoung ? await read(first, last + columnUs) : whole
  // A warning of early warning has none: then those of the rule that watches the feature are drawn.
  const rule = info.rules.find((one) => one.feature === feature)
  const { warning, alarm } = feature === occurrence.feature ? limitsBehind(info, occurrence) : (rule?.limits ?? {})
  return {
    label: `${featureInWords(feature)}, ${info.name}`,
    unit: featureUnit(info, feature),
    tUs,
    min,
    max,
    mean,
    limits: { warning: warning ?? null, alarm: alarm ?? null },
    baseline: why.amount.known && why.baseline.known ? why.amount.known.reference : null,
    raisedUs,
  }
}
