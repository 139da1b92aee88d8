import type { Samples } from '../../shared/domain/intake.ts'
import { tickOfTicks, timeOfTicks } from './lean-wire.ts'
import { isWideType, type SamplePacking, samplesFor, scaleSamples, unpackSamples } from './sample-packing.ts'
import { placesIn, type StructureLayout } from './structure-layout.ts'

/** How the blocks of one waveform point are read when they are more than a plain array. */
export interface BlockForm {
  packing: SamplePacking
  /** Null for a point whose node is no structure; a sentence when it is one that cannot be read. */
  layout: StructureLayout | string | null
}

const byteString = 15

/** Reads blocks that come as ByteStrings or as structures of the server's own. */
export class BlockReader {
  samples: Samples | null = null
  /** What is wrong with the value; empty when nothing is. */
  found = ''
  /** What a structure says of its block; NaN where it does not. */
  sampleRateHz = Number.NaN
  startUs = Number.NaN
  startTick = 0

  reset(): void {
    this.samples = null
    this.found = ''
    this.sampleRateHz = Number.NaN
    this.startUs = Number.NaN
    this.startTick = 0
  }

  /** A scalar Variant's ByteString at `at`, the length first. Returns where it ends. */
  byteString(view: DataView, at: number, { packing }: BlockForm): number {
    const length = Math.max(0, view.getInt32(at, true))
    const end = at + 4 + length
    if (end > view.byteLength) throw new RangeError(`a ByteString of ${length} bytes is longer than its message`)
    this.#unpack(view, at + 4, length, packing)
    return end
  }

  /** A scalar Variant's ExtensionObject at `at`. Returns where it ends. */
  structure(view: DataView, at: number, { packing, layout }: BlockForm): number {
    const { id, end: afterId } = readNodeId(view, at)
    const encoding = view.getUint8(afterId)
    if (encoding === 0) {
      this.found = 'an empty structure'
      return afterId + 1
    }
    const length = Math.max(0, view.getInt32(afterId + 1, true))
    const start = afterId + 5
    const end = start + length
    if (end > view.byteLength) throw new RangeError(`a structure of ${length} bytes is longer than its message`)
    if (layout === null) this.found = 'a structure'
    else if (typeof layout === 'string') this.found = `a structure that cannot be read (${layout})`
    else if (encoding !== 1 || id !== layout.encoding) this.found = `a structure of another type (${id})`
    else this.#fields(view, start, end, layout, packing)
    return end
  }

  #fields(view: DataView, start: number, end: number, layout: StructureLayout, packing: SamplePacking): void {
    try {
      const places = placesIn(view, start, end, layout)
      if (places.samplesAt < 0) {
        this.found = 'a structure without samples'
        return
      }
      if (places.rateAt >= 0) this.sampleRateHz = numberAt(view, places.rateAt, places.rateType)
      if (places.startAt >= 0) this.#start(view, places.startAt)
      const count = Math.max(0, view.getInt32(places.samplesAt, true))
      const first = places.samplesAt + 4
      if (places.samplesAreArray) this.#array(view, first, count, places.samplesType, packing)
      else if (places.samplesType === byteString) this.#unpack(view, first, count, packing)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.samples = null
      this.found = `a structure that does not fit its description (${error.message})`
    }
  }

  #start(view: DataView, at: number): void {
    const low = view.getUint32(at, true)
    const high = view.getUint32(at + 4, true)
    this.startUs = timeOfTicks(high, low)
    this.startTick = Number.isNaN(this.startUs) ? 0 : tickOfTicks(high, low)
  }

  #array(view: DataView, first: number, count: number, builtIn: number, packing: SamplePacking): void {
    if (count === 0) {
      this.found = 'a structure with no samples in it'
      return
    }
    const samples = samplesFor(isWideType(builtIn), count)
    const bytes = numberBytes[builtIn] ?? 0
    if (builtIn === float) new Uint8Array(samples.buffer).set(bytesAt(view, first, count * bytes))
    else for (let i = 0; i < count; i += 1) samples[i] = numberAt(view, first + i * bytes, builtIn)
    scaleSamples(samples, packing)
    this.samples = samples
  }

  #unpack(view: DataView, at: number, bytes: number, packing: SamplePacking): void {
    this.samples = unpackSamples(view, at, bytes, packing)
    if (this.samples) return
    this.found =
      packing.type === null
        ? 'a ByteString, and its contract does not say how it is packed,'
        : `a ByteString of ${bytes} bytes, which is no whole number of ${packing.type} samples,`
  }
}

const float = 10
const numberBytes = [0, 0, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8]

function bytesAt(view: DataView, at: number, bytes: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, bytes)
}

/** A number of a built-in type (OPC 10000-6, 5.2.2); 64-bit ones are rounded to what a number holds. */
function numberAt(view: DataView, at: number, builtIn: number): number {
  const readers = [
    () => view.getInt8(at),
    () => view.getUint8(at),
    () => view.getInt16(at, true),
    () => view.getUint16(at, true),
    () => view.getInt32(at, true),
    () => view.getUint32(at, true),
    () => Number(view.getBigInt64(at, true)),
    () => Number(view.getBigUint64(at, true)),
    () => view.getFloat32(at, true),
    () => view.getFloat64(at, true),
  ]
  return readers[builtIn - 2]?.() ?? Number.NaN
}

/** A NodeId in its text form, as node-opcua writes it, and where it ends (OPC 10000-6, 5.2.2.9). */
function readNodeId(view: DataView, at: number): { id: string; end: number } {
  const form = view.getUint8(at) & 0x3f
  if (form === 0) return { id: `ns=0;i=${view.getUint8(at + 1)}`, end: at + 2 }
  if (form === 1) return { id: `ns=${view.getUint8(at + 1)};i=${view.getUint16(at + 2, true)}`, end: at + 4 }
  const namespace = view.getUint16(at + 1, true)
  if (form === 2) return { id: `ns=${namespace};i=${view.getUint32(at + 3, true)}`, end: at + 7 }
  if (form === 4) return { id: `ns=${namespace};g=`, end: at + 19 }
  const length = Math.max(0, view.getInt32(at + 3, true))
  const text = new TextDecoder().decode(bytesAt(view, at + 7, length))
  return { id: `ns=${namespace};${form === 3 ? 's' : 'b'}=${text}`, end: at + 7 + length }
}
