import fs from 'node:fs/promises'
import path from 'node:path'
import { readCsv } from './csv-recording.ts'
import { decodeF32 } from './f32.ts'
import { decodeNpy } from './npy.ts'
import { RecordingError } from './recording-error.ts'
import { decodeWav } from './wav.ts'

export { RecordingError } from './recording-error.ts'

export interface Recording {
  /** finite everywhere: what was not a number reads 0 and is counted in `invalid` */
  readonly samples: Float64Array
  readonly invalid: number
  /** from the file's own header, null where the format has none */
  readonly sampleRateHz: number | null
}

export interface RecordingOptions {
  /** CSV: name or 1-based number of the column. WAV: 1-based channel. */
  readonly column?: string | undefined
}

/** 512 MB are an hour at 25.6 kHz in float32 and more; larger files belong into a history index. */
const LARGEST_BYTES = 512 * 1024 * 1024

type Decoded = Pick<Recording, 'samples' | 'sampleRateHz'>

function decode(file: string, bytes: Buffer, options: RecordingOptions): Decoded {
  const extension = path.extname(file).toLowerCase()
  switch (extension) {
    case '.f32':
      return { samples: decodeF32(file, bytes), sampleRateHz: null }
    case '.csv':
      return { samples: readCsv(file, bytes.toString('utf8'), options.column), sampleRateHz: null }
    case '.wav':
      return decodeWav(file, bytes, options.column)
    case '.npy':
      return { samples: decodeNpy(file, bytes), sampleRateHz: null }
    default:
      throw new RecordingError(`${file} ends in "${extension}": recordings are read from .f32, .csv, .wav and .npy`)
  }
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
  const { samples, sampleRateHz } = decode(file, await readBytes(file), options)
  if (samples.length === 0) throw new RecordingError(`${file} holds no samples: record again`)
  let invalid = 0
  for (let i = 0; i < samples.length; i += 1) {
    if (Number.isFinite(samples[i])) continue
    samples[i] = 0
    invalid += 1
  }
  return { samples, invalid, sampleRateHz }
}
