import fs from 'node:fs/promises'
import path from 'node:path'
import { csvFacts, readCsv } from './csv-recording.ts'
import { decodeF32 } from './f32.ts'
import { decodeNpy } from './npy.ts'
import { RecordingError } from './recording-error.ts'
import { decodeUff58 } from './uff58.ts'
import { decodeWav, wavFacts } from './wav.ts'

export { RecordingError } from './recording-error.ts'

export interface Recording {
  /** finite everywhere: what was not a number reads 0 and is counted in `invalid` */
  readonly samples: Float64Array
  readonly invalid: number
  /** from the file's own header, null where the format has none */
  readonly sampleRateHz: number | null
  /** What else the file says of itself. */
  readonly facts: RecordingFacts
}

export interface RecordingFacts {
  readonly unit: string | null
  /** Unix microseconds of the first sample. */
  readonly startUs: number | null
  readonly rpm: number | null
}

export interface RecordingOptions {
  /** CSV: name or 1-based number of the column. WAV: 1-based channel. UFF: 1-based dataset 58. */
  readonly column?: string | undefined
}

/** 512 MB are an hour at 25.6 kHz in float32 and more; larger files belong into a history index. */
const LARGEST_BYTES = 512 * 1024 * 1024

type Decoded = Pick<Recording, 'samples' | 'sampleRateHz' | 'facts'>

const noFacts: RecordingFacts = { unit: null, startUs: null, rpm: null }

function decode(file: string, bytes: Buffer, options: RecordingOptions): Decoded {
  const extension = path.extname(file).toLowerCase()
  switch (extension) {
    case '.f32':
      return { samples: decodeF32(file, bytes), sampleRateHz: null, facts: noFacts }
    case '.csv': {
      const text = bytes.toString('utf8')
      return { samples: readCsv(file, text, options.column), ...csvFacts(text) }
    }
    case '.wav': {
      const { facts, sampleRateHz } = wavFacts(bytes)
      const decoded = decodeWav(file, bytes, options.column)
      return { ...decoded, sampleRateHz: sampleRateHz ?? decoded.sampleRateHz, facts }
    }
    case '.npy':
      return { samples: decodeNpy(file, bytes), sampleRateHz: null, facts: noFacts }
    case '.uff':
    case '.unv':
    case '.u58':
      return decodeUff(file, bytes, options.column)
    default:
      throw new RecordingError(
        `${file} ends in "${extension}": recordings are read from .f32, .csv, .wav, .npy and .uff`,
      )
  }
}

function decodeUff(file: string, bytes: Buffer, wanted: string | undefined): Decoded {
  const sets = decodeUff58(file, bytes)
  const times = sets.filter(({ kind }) => kind === 'time')
  if (times.length === 0) throw new RecordingError(`${file} holds spectra only: export the time record`)
  const number = wanted === undefined && times.length === 1 ? 1 : Number(wanted)
  const set = times[number - 1]
  if (!set) {
    const names = times.map(({ title }, i) => `${i + 1} "${title}"`).join(', ')
    throw new RecordingError(`${file} has ${times.length} time records (${names}): choose one by its number`)
  }
  if (!(set.step > 0)) throw new RecordingError(`${file} has a time step of ${set.step} s: a positive one is needed`)
  const { values, step, unit, startUs, rpm } = set
  return {
    samples: values instanceof Float64Array ? values : Float64Array.from(values),
    sampleRateHz: nearWhole(1 / step),
    facts: { unit: unit === '' ? null : unit, startUs, rpm },
  }
}

/** Seven digits of a step are exact to a few millionths: 19530.999 Hz was 19531. */
function nearWhole(hz: number): number {
  const whole = Math.round(hz)
  return Math.abs(hz - whole) < hz * 2e-6 ? whole : hz
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    const { size } = await fs.stat(file)
    if (size > LARGEST_BYTES) throw new RecordingError(`${file} is larger than 512 MB: cut it into pieces`)
    return await fs.readFile(file)
  } catch (cause) {
    if (cause instanceof RecordingError) throw cause
    const code = cause instanceof Error && 'code' in cause ? cause.code : null
    if (code === 'ENOENT') throw new RecordingError(`${file} does not exist: check the path`, { cause })
    if (code === 'EISDIR') throw new RecordingError(`${file} is a folder: name one recording`, { cause })
    throw new RecordingError(`${file} cannot be read (${String(code ?? cause)}): check its rights`, { cause })
  }
}

/** Reads one recording by its extension. Throws `RecordingError` with one sentence: what, where, how to mend it. */
export async function readRecording(file: string, options: RecordingOptions = {}): Promise<Recording> {
  return decodeRecording(file, await readBytes(file), options)
}

/** The same for bytes that are there already; `file` is what messages call it, and its ending tells the format. */
export function decodeRecording(file: string, bytes: Buffer, options: RecordingOptions = {}): Recording {
  const { samples, sampleRateHz, facts } = decode(file, bytes, options)
  if (samples.length === 0) throw new RecordingError(`${file} holds no samples: record again`)
  let invalid = 0
  for (let i = 0; i < samples.length; i += 1) {
    if (Number.isFinite(samples[i])) continue
    samples[i] = 0
    invalid += 1
  }
  return { samples, invalid, sampleRateHz, facts }
}
