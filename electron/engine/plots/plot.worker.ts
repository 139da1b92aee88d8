import path from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import type { Transforms } from '../../../shared/domain/transforms.ts'
import { isoFromUs } from '../../../shared/domain/time.ts'
import { decodeRecording, RecordingError } from '../../files/recording.ts'
import { encodeUff58 } from '../../files/uff58.ts'
import { encodeWaveform, endings } from '../../files/waveform-file.ts'
import { openTwinForReading, type StoredCapture } from '../../store/api.ts'
import { createTransforms } from '../../dsp/envelope.ts'
import { createFft } from '../../dsp/fft.ts'
import { analyseRecording } from '../recording-analysis.ts'
import { readFftBytes } from '../resources.ts'
import { cepstrumOf } from './cepstrum-of.ts'
import { ordersOf, type SpeedCourse } from './orders-of.ts'
import type {
  AskedCourse,
  FromPlotThread,
  PlotOrigin,
  PlotTaskName,
  PlotTasks,
  PlotThreadData,
  ToPlotThread,
} from './plot-messages.ts'
import { PlotRefusal } from './plot-refusal.ts'
import { mapRows } from './map-rows.ts'
import { shaftOf } from './shaft-of.ts'
import { spectrumOf, type Record } from './spectrum-of.ts'

/**
 * Worker entry: transforms, files and imports of captures for windows. A million samples take a tenth of a second to
 * transform and half a second to write as CSV: neither live features nor a keep-alive must wait for that.
 */
if (!parentPort) throw new Error('plot.worker is started as a worker thread.')
const port = parentPort
const { file, key } = workerData as PlotThreadData
const twin = openTwinForReading({ file, key })

/** Made when somebody asks for the first diagnosis. */
let transforms: Transforms | null = null

class NotFound extends Error {}

async function capture(id: string): Promise<StoredCapture> {
  const found = await twin.capture(id)
  if (!found) throw new NotFound(`There is no capture "${id}"; it may have been removed by retention.`)
  return found
}

async function recordOf(of: PlotOrigin): Promise<Record> {
  return 'record' in of ? of.record : capture(of.captureId)
}

async function courseOf(asked: AskedCourse): Promise<SpeedCourse> {
  if (asked.from !== 'pulse-capture') return asked
  return { from: 'pulse', record: await capture(asked.captureId), startS: asked.startS }
}

const tasks: { [T in PlotTaskName]: (ask: PlotTasks[T]['ask']) => Promise<PlotTasks[T]['answer']> } = {
  async spectrum({ of, settings }) {
    if ('record' in of)
      return { lines: spectrumOf(of.record, settings), sampleRateHz: of.record.sampleRateHz, head: null }
    const { samples, ...head } = await capture(of.captureId)
    const lines = spectrumOf({ samples, sampleRateHz: head.sampleRateHz, gaps: head.gaps }, settings)
    return { lines, sampleRateHz: head.sampleRateHz, head }
  },
  orders: async ({ of, course, settings }) => ordersOf(await recordOf(of), await courseOf(course), settings),
  cepstrum: async ({ of }) => cepstrumOf(await recordOf(of)),
  map: ({ captureIds, settings, topHz }) => mapRows((id) => twin.capture(id), captureIds, settings, topHz),
  async file({ captureId, format, title, quantity }) {
    const found = await capture(captureId)
    const { samples, sampleRateHz, sourceUs, gaps } = found
    const rpm = Number.isFinite(found.rpm) ? found.rpm : null
    const unit = found.unit ?? ''
    const bytes = encodeWaveform({ title, samples, sampleRateHz, unit, quantity, startUs: sourceUs, rpm, gaps }, format)
    return { name: `${fileWords(title)} ${fileTime(sourceUs)}.${endings[format]}`, bytes }
  },
  async diagnose(input) {
    transforms ??= createTransforms(await createFft(readFftBytes()))
    return analyseRecording(transforms, input)
  },
  shaft: async ({ x, y, pulse, zeroUs }) => shaftOf(await capture(x), await capture(y), await capture(pulse), zeroUs),
  sets: ({ sets, binary }) => Promise.resolve(encodeUff58(sets, binary)),
  decode({ name, bytes, column }) {
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const { samples, invalid, sampleRateHz, facts } = decodeRecording(path.basename(name), view, {
      column: column ?? undefined,
    })
    const narrow = Float32Array.from(samples)
    // Half the memory where nothing is lost by it.
    const isNarrow = samples.every((value, i) => Object.is(value, narrow[i]))
    return Promise.resolve({ samples: isNarrow ? narrow : samples, invalid, sampleRateHz, ...facts })
  },
}

/** What every file system takes. */
function fileWords(title: string): string {
  return title
    .replaceAll(/[^\p{L}\p{N} .-]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 80)
}

function fileTime(us: number): string {
  return isoFromUs(us).slice(0, 19).replace('T', ' ').replaceAll(':', '-')
}

function buffersOf(value: unknown): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) {
    // A view of a pooled buffer must not take the pool along.
    return value.buffer instanceof ArrayBuffer && value.byteLength === value.buffer.byteLength ? [value.buffer] : []
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap((part) => (ArrayBuffer.isView(part) ? buffersOf(part) : []))
}

async function run(message: ToPlotThread): Promise<unknown> {
  switch (message.task) {
    case 'spectrum':
      return tasks.spectrum(message.ask)
    case 'orders':
      return tasks.orders(message.ask)
    case 'cepstrum':
      return tasks.cepstrum(message.ask)
    case 'map':
      return tasks.map(message.ask)
    case 'file':
      return tasks.file(message.ask)
    case 'shaft':
      return tasks.shaft(message.ask)
    case 'sets':
      return tasks.sets(message.ask)
    case 'diagnose':
      return tasks.diagnose(message.ask)
    case 'decode':
      return tasks.decode(message.ask)
  }
}

function failed(job: number, error: unknown): FromPlotThread {
  const text = error instanceof Error ? error.message : String(error)
  if (error instanceof PlotRefusal || error instanceof RecordingError) return { job, error: text, code: 'refused' }
  return { job, error: text, code: error instanceof NotFound ? 'not-found' : 'failed' }
}

port.on('message', (message: ToPlotThread) => {
  run(message).then(
    (answer) => port.postMessage({ job: message.job, answer } satisfies FromPlotThread, buffersOf(answer)),
    (error: unknown) => port.postMessage(failed(message.job, error)),
  )
})
