import type { Samples } from '../../shared/domain/intake.ts'
import type { Contract } from '../../shared/domain/plant-file.ts'

/** How the samples of a block become numbers in the contract's unit. */
export interface SamplePacking {
  /** Of the bytes of a ByteString; null when the contract does not say. */
  type: keyof typeof bytesOf | null
  littleEndian: boolean
  /** Bytes before the first sample. */
  headerBytes: number
  scale: number
  offset: number
}

const bytesOf = { int8: 1, int16: 2, uint16: 2, int32: 4, float32: 4, float64: 8 } as const

export function packingOf(contract: Contract | undefined): SamplePacking {
  const given = contract?.packing
  return {
    type: given?.type ?? null,
    littleEndian: given?.byteOrder !== 'big',
    headerBytes: given?.headerBytes ?? 0,
    scale: given?.scale ?? 1,
    offset: given?.offset ?? 0,
  }
}

/**
 * Samples of `bytes` bytes at `at`; null when they are not a whole number of samples. Float32 as it comes is one copy:
 * OPC UA and every machine this runs on are little-endian.
 */
export function unpackSamples(view: DataView, at: number, bytes: number, packing: SamplePacking): Samples | null {
  const { type, littleEndian, headerBytes } = packing
  if (type === null) return null
  const size = bytesOf[type]
  const room = bytes - headerBytes
  if (room <= 0 || room % size !== 0) return null
  const first = at + headerBytes
  const count = room / size
  const samples = samplesFor(isWide[type], count)
  if (type === 'float32' && littleEndian)
    new Uint8Array(samples.buffer).set(new Uint8Array(view.buffer, view.byteOffset + first, room))
  else {
    const read = readers[type]
    for (let i = 0; i < count; i += 1) samples[i] = read(view, first + i * size, littleEndian)
  }
  scaleSamples(samples, packing)
  return samples
}

/** Types of which 32-bit floats would lose bits. */
const isWide = { int8: false, int16: false, uint16: false, int32: true, float32: false, float64: true } as const

export function samplesFor(wide: boolean, count: number): Samples {
  return wide ? new Float64Array(count) : new Float32Array(count)
}

/** The same of OPC UA's built-in types: Int32, UInt32, Int64, UInt64, Double (OPC 10000-6, table 1). */
export function isWideType(builtIn: number): boolean {
  return (builtIn >= 6 && builtIn <= 9) || builtIn === 11
}

const readers: Record<keyof typeof bytesOf, (view: DataView, at: number, littleEndian: boolean) => number> = {
  int8: (view, at) => view.getInt8(at),
  int16: (view, at, little) => view.getInt16(at, little),
  uint16: (view, at, little) => view.getUint16(at, little),
  int32: (view, at, little) => view.getInt32(at, little),
  float32: (view, at, little) => view.getFloat32(at, little),
  float64: (view, at, little) => view.getFloat64(at, little),
}

/** In place; counts of a converter become the contract's unit. Untouched, bit by bit, when nothing is to be done. */
export function scaleSamples(samples: Samples, { scale, offset }: SamplePacking): void {
  if (scale === 1 && offset === 0) return
  for (let i = 0; i < samples.length; i += 1) samples[i] = (samples[i] ?? Number.NaN) * scale + offset
}
