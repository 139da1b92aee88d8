import { RecordingError } from './recording-error.ts'

const PCM = 1
const FLOAT = 3
const EXTENSIBLE = 0xfffe

interface Format {
  readonly code: number
  readonly channels: number
  readonly sampleRateHz: number
  readonly bits: number
}

interface Chunks {
  readonly format: Format
  readonly data: Buffer
}

function readFormat(file: string, body: Buffer): Format {
  if (body.length < 16)
    throw new RecordingError(`${file} has a format chunk of ${body.length} bytes: export it again as WAV`)
  const code = body.readUInt16LE(0)
  // Extensible files carry the real code in the first two bytes of the sub-format.
  const real = code === EXTENSIBLE && body.length >= 26 ? body.readUInt16LE(24) : code
  return { code: real, channels: body.readUInt16LE(2), sampleRateHz: body.readUInt32LE(4), bits: body.readUInt16LE(14) }
}

function readChunks(file: string, bytes: Buffer): Chunks {
  if (bytes.length < 12 || bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE') {
    throw new RecordingError(`${file} does not begin like a WAV file: export it again as WAV`)
  }
  let format: Format | null = null
  for (let offset = 12; offset + 8 <= bytes.length;) {
    const name = bytes.toString('latin1', offset, offset + 4)
    const size = bytes.readUInt32LE(offset + 4)
    const body = bytes.subarray(offset + 8, Math.min(bytes.length, offset + 8 + size))
    if (name === 'fmt ') format = readFormat(file, body)
    if (name === 'data') {
      if (format === null) throw new RecordingError(`${file} has its data before its format: export it again as WAV`)
      return { format, data: body }
    }
    offset += 8 + size + (size % 2)
  }
  throw new RecordingError(`${file} has no data chunk: it may be cut short; export it again`)
}

function sampleReader(file: string, { code, bits }: Format): (data: Buffer, offset: number) => number {
  if (code === FLOAT && bits === 32) return (data, offset) => data.readFloatLE(offset)
  if (code === FLOAT && bits === 64) return (data, offset) => data.readDoubleLE(offset)
  if (code === PCM && bits === 8) return (data, offset) => (data.readUInt8(offset) - 128) / 128
  if (code === PCM && (bits === 16 || bits === 24 || bits === 32)) {
    const scale = 2 ** (bits - 1)
    return (data, offset) => data.readIntLE(offset, bits / 8) / scale
  }
  throw new RecordingError(
    `${file} is coded in a way that is not read (code ${code}, ${bits} bits): export it as PCM or float`,
  )
}

/** PCM of 8 to 32 bits (full scale reads 1) and float of 32 or 64; one channel of it, the first unless another is named. */
export function decodeWav(
  file: string,
  bytes: Buffer,
  channel?: string,
): { samples: Float64Array; sampleRateHz: number } {
  const { format, data } = readChunks(file, bytes)
  const read = sampleReader(file, format)
  const wanted = channel === undefined ? 1 : Number(channel)
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > format.channels) {
    throw new RecordingError(
      `${file} has ${format.channels} channels: name one of them by its number from 1 on, not "${channel ?? ''}"`,
    )
  }
  const width = format.bits / 8
  const frame = width * format.channels
  const samples = new Float64Array(Math.floor(data.length / frame))
  for (let i = 0; i < samples.length; i += 1) samples[i] = read(data, i * frame + (wanted - 1) * width)
  return { samples, sampleRateHz: format.sampleRateHz }
}

/** What our own export writes into the comment of a WAV file. */
export function wavFacts(bytes: Buffer): {
  sampleRateHz: number | null
  facts: { unit: string | null; startUs: number | null; rpm: number | null }
} {
  const none = { sampleRateHz: null, facts: { unit: null, startUs: null, rpm: null } }
  const at = bytes.subarray(0, 65_536).indexOf('ICMT', 0, 'latin1')
  if (at < 0 || at + 8 > bytes.length) return none
  const body = bytes.toString('utf8', at + 8, at + 8 + bytes.readUInt32LE(at + 4)).replace(/\0.*$/s, '')
  try {
    const said: unknown = JSON.parse(body)
    const of = (name: string): unknown => (said !== null && typeof said === 'object' ? Reflect.get(said, name) : null)
    const number = (name: string): number | null => {
      const value = of(name)
      return typeof value === 'number' ? value : null
    }
    const unit = of('unit')
    return {
      sampleRateHz: number('sampleRateHz'),
      facts: { unit: typeof unit === 'string' ? unit : null, startUs: number('startUs'), rpm: number('rpm') },
    }
  } catch {
    // Somebody else's comment.
    return none
  }
}
