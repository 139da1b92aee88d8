import { RecordingError } from './recording-error.ts'

type Reader = (view: DataView, offset: number, little: boolean) => number

const readers: Readonly<Record<string, { size: number; read: Reader }>> = {
  f4: { size: 4, read: (view, offset, little) => view.getFloat32(offset, little) },
  f8: { size: 8, read: (view, offset, little) => view.getFloat64(offset, little) },
  i1: { size: 1, read: (view, offset) => view.getInt8(offset) },
  u1: { size: 1, read: (view, offset) => view.getUint8(offset) },
  i2: { size: 2, read: (view, offset, little) => view.getInt16(offset, little) },
  u2: { size: 2, read: (view, offset, little) => view.getUint16(offset, little) },
  i4: { size: 4, read: (view, offset, little) => view.getInt32(offset, little) },
  u4: { size: 4, read: (view, offset, little) => view.getUint32(offset, little) },
}

interface Header {
  readonly text: string
  readonly dataOffset: number
}

function header(file: string, bytes: Buffer): Header {
  if (bytes.length < 10 || bytes.toString('latin1', 0, 6) !== '\u0093NUMPY') {
    throw new RecordingError(`${file} does not begin like a NumPy file: save it with numpy.save`)
  }
  const longHeader = (bytes[6] ?? 0) >= 2
  if (longHeader && bytes.length < 12) throw new RecordingError(`${file} is cut short: save it again with numpy.save`)
  const length = longHeader ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8)
  const start = longHeader ? 12 : 10
  if (start + length > bytes.length)
    throw new RecordingError(`${file} is cut short in its header: save it again with numpy.save`)
  return { text: bytes.toString('latin1', start, start + length), dataOffset: start + length }
}

/** NumPy format 1 to 3, one dimension (or all but one of length 1), integer or float, either byte order. */
export function decodeNpy(file: string, bytes: Buffer): Float64Array {
  const { text, dataOffset } = header(file, bytes)
  const type = /'descr':\s*'([<>|=]?)([a-z]\d+)'/.exec(text)
  const shape = /'shape':\s*\(([^)]*)\)/.exec(text)
  const reader = type?.[2] === undefined ? undefined : readers[type[2]]
  if (type === null || reader === undefined) {
    throw new RecordingError(
      `${file} holds values of a type that is no plain number (${text.slice(0, 60).trim()}): save float32 or float64`,
    )
  }
  const sides = (shape?.[1] ?? '')
    .split(',')
    .map((side) => side.trim())
    .filter((side) => side !== '')
    .map(Number)
  const count = sides.reduce((product, side) => product * side, 1)
  if (sides.length === 0 || sides.filter((side) => side !== 1).length > 1) {
    throw new RecordingError(`${file} has the shape (${shape?.[1] ?? ''}): save one channel as one dimension`)
  }
  if (dataOffset + count * reader.size > bytes.length) {
    throw new RecordingError(`${file} ends before its ${count} samples: save it again with numpy.save`)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const little = type[1] !== '>'
  return Float64Array.from({ length: count }, (_, i) => reader.read(view, dataOffset + i * reader.size, little))
}
