import { BinaryStream } from 'node-opcua-binary-stream'
import { Variant } from 'node-opcua-client'
import type { IntakeSink, Samples, WaveformBlock } from '../../shared/domain/intake.ts'
import { backfilledBit, hasOverflow } from '../../shared/domain/status-code.ts'
import { type BlockForm, BlockReader } from './block-reader.ts'
import { itemKinds, type ItemTable } from './item-table.ts'
import { type RawNotification, tickOfTicks, timeOfTicks } from './lean-wire.ts'
import { isWideType, samplesFor, scaleSamples } from './sample-packing.ts'
import { batchLimit, ScalarBatch } from './scalar-batch.ts'

/** What the decoder meets besides values; all of it is rare. */
export interface DecoderEvents {
  overflow(handle: number, lastUs: number, sourceUs: number): void
  /** The value is not what the point needs; `found` names it. */
  wrongType(handle: number, sourceUs: number, found: string): void
  rightType(handle: number, sourceUs: number): void
  /** An Int64 beyond 2^53. */
  imprecise(handle: number): void
  /** A block says that it was sampled at another rate than its contract. */
  otherRate(handle: number, sampleRateHz: number): void
  /** The server has ended the subscription, or given it to another session. */
  statusChange(status: number): void
  /** A good value came with no time at all; told once a point. */
  untimed(handle: number): void
  /** An EventNotificationList: not on the hot path, the alarms' own reader takes it apart. */
  alarms(body: Buffer, at: number, receiveUs: number): void
  /** A value of a point that may have lost some; false when it is no news and is left out. */
  awaited(handle: number, timeUs: number, repeated: boolean): boolean
}

// Binary encodings, OPC 10000-6 annex A.
const dataChangeNotification = 811
const eventNotificationList = 916
const statusChangeNotification = 820

const mask = { value: 1, status: 2, sourceTime: 4, serverTime: 8, sourcePico: 16, serverPico: 32 } as const
// Built-in types, OPC 10000-6 table 1.
const type = {
  boolean: 1,
  sByte: 2,
  byte: 3,
  int16: 4,
  uInt16: 5,
  int32: 6,
  uInt32: 7,
  int64: 8,
  uInt64: 9,
  float: 10,
  double: 11,
  byteString: 15,
  extensionObject: 22,
} as const
const typeBytes = [0, 1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8]
const arrayFlag = 0x80
const dimensionsFlag = 0x40
const badTypeMismatch = 0x8074_0000
const badNoData = 0x809b_0000
const uncertain = 0x4000_0000
/** Sample clocks run within 0.01 %; a rate that differs by more than this is another one. */
const rateTolerance = 1e-3

/** Reads the data changes of one message straight into columns and blocks: nothing is allocated per scalar. */
export class NotificationDecoder {
  /** Greatest source time of the last message, NaN when it had none. */
  lastUs = Number.NaN
  /**
   * True for the first messages of a session that was activated again or is new: servers then repeat each item's present
   * value (node-opcua's does on every new channel). A value with the time of the last one is then no news and is left
   * out; at other times it is the contract's to judge.
   */
  dropRepeats = false
  repeats = 0
  /** Scalars and samples since the start. */
  values = 0
  readonly #batch = new ScalarBatch()
  readonly #items: ItemTable
  readonly #sink: IntakeSink
  readonly #events: DecoderEvents
  /** Points whose last value could not be decoded: their next good one ends the gap. */
  readonly #wrong = new Set<number>()
  #elseUs = Number.NaN
  #at = 0
  #end = 0
  #samples: Samples | null = null
  readonly #block = new BlockReader()
  #found = ''
  #precise = true

  constructor(items: ItemTable, sink: IntakeSink, events: DecoderEvents) {
    this.#items = items
    this.#sink = sink
    this.#events = events
  }

  /** Throws RangeError when the message is malformed; what was decoded before that has been handed over. */
  decode(raw: RawNotification): void {
    this.lastUs = Number.NaN
    const { body, receiveUs, publishUs, sentUs } = raw
    this.#elseUs = [publishUs, sentUs, receiveUs].find((us) => !Number.isNaN(us)) ?? Number.NaN
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
    let at = raw.at
    for (let i = 0; i < raw.count; i += 1) {
      // ExtensionObject: NodeId, encoding, length, body (5.2.2.15).
      const id = numericId(view, at)
      at = nodeIdEnd(view, at)
      const encoding = view.getUint8(at)
      at += 1
      if (encoding === 0) continue
      const length = view.getInt32(at, true)
      at += 4
      const end = at + Math.max(0, length)
      if (encoding === 1 && id === dataChangeNotification) this.#dataChange(view, body, at, end, receiveUs)
      else if (encoding === 1 && id === eventNotificationList) this.#events.alarms(body, at, receiveUs)
      else if (encoding === 1 && id === statusChangeNotification) this.#events.statusChange(view.getUint32(at, true))
      if (end > view.byteLength) throw new RangeError(`a notification of ${length} bytes is longer than its message`)
      at = end
    }
  }

  #dataChange(view: DataView, body: Buffer, start: number, end: number, receiveUs: number): void {
    const count = Math.max(0, view.getInt32(start, true))
    this.#at = start + 4
    this.#end = end
    const batch = this.#batch
    batch.reset(Math.min(count, batchLimit))
    try {
      for (let i = 0; i < count; i += 1) {
        if (batch.count === batch.capacity) this.#flush(count - i)
        this.#item(view, body, receiveUs)
      }
    } finally {
      this.#flush(0)
    }
  }

  #flush(next: number): void {
    const batch = this.#batch
    if (batch.count > 0) {
      this.values += batch.count
      this.#sink.scalars(batch)
    }
    batch.reset(Math.min(next, batchLimit))
  }

  /** One MonitoredItemNotification: handle, DataValue (OPC 10000-6, 5.2.2.17). */
  #item(view: DataView, body: Buffer, receiveUs: number): void {
    const handle = view.getUint32(this.#at, true)
    const bits = view.getUint8(this.#at + 4)
    this.#at += 5
    const items = this.#items
    const kind = handle < items.kind.length ? (items.kind[handle] ?? 0) : 0
    if (kind === itemKinds.waveform) this.#block.reset()
    const value = (bits & mask.value) !== 0 ? this.#variant(view, body, kind, handle) : Number.NaN
    let status = 0
    if ((bits & mask.status) !== 0) {
      // Our own mark is not for a server to set: a value with it would not be judged.
      status = (view.getUint32(this.#at, true) & ~backfilledBit) >>> 0
      this.#at += 4
    }
    let sourceUs = Number.NaN
    let sourceTick = 0
    if ((bits & mask.sourceTime) !== 0) {
      const low = view.getUint32(this.#at, true)
      const high = view.getUint32(this.#at + 4, true)
      this.#at += 8
      sourceUs = timeOfTicks(high, low)
      if (!Number.isNaN(sourceUs)) sourceTick = tickOfTicks(high, low)
    }
    // Picoseconds are below the 100 ns tick (units of 10 ps, under 10 000): nothing a sensor knows.
    if ((bits & mask.sourcePico) !== 0) this.#at += 2
    let serverUs = Number.NaN
    if ((bits & mask.serverTime) !== 0) {
      const low = view.getUint32(this.#at, true)
      const high = view.getUint32(this.#at + 4, true)
      this.#at += 8
      serverUs = timeOfTicks(high, low)
    }
    if ((bits & mask.serverPico) !== 0) this.#at += 2
    // What is read beyond it belongs to something else: no value.
    if (this.#at > this.#end) throw new RangeError('a value is longer than its notification')
    if (kind === itemKinds.none) return
    const { startUs } = this.#block
    if (kind === itemKinds.waveform && !Number.isNaN(startUs)) {
      // The device's own time of the first sample is better than when the server was told.
      sourceUs = startUs
      sourceTick = this.#block.startTick
    }
    // For gaps: where a server sends no source time, its own follows the stream; ours may be an hour away from it.
    const timeUs = Number.isNaN(sourceUs) ? (Number.isNaN(serverUs) ? this.#elseUs : serverUs) : sourceUs
    if (Number.isNaN(sourceUs) && Number.isNaN(serverUs) && status === 0 && items.untimed[handle] === 0) {
      items.untimed[handle] = 1
      this.#events.untimed(handle)
    }
    // With another status the same value and time are news: a server that has lost its device says so in this way.
    const repeated =
      timeUs === items.lastSourceUs[handle] &&
      Object.is(value, items.lastValue[handle]) &&
      (status ^ (items.lastStatus[handle] ?? 0)) >>> 16 === 0
    const isNews = items.awaited[handle] === 0 || this.#events.awaited(handle, timeUs, repeated)
    if (!isNews || (repeated && this.dropRepeats)) {
      this.repeats += 1
      this.#samples = null
      return
    }
    items.lastStatus[handle] = status
    const sentValue = (bits & mask.value) !== 0
    const hasValue = sentValue && this.#found === ''
    if (status !== 0 || !hasValue || !this.#precise) status = this.#unusual(handle, status, hasValue, sentValue, timeUs)
    if (this.#wrong.size > 0 && hasValue && this.#wrong.delete(handle)) this.#events.rightType(handle, timeUs)
    items.lastSourceUs[handle] = timeUs
    items.lastValue[handle] = value
    if (!(timeUs <= this.lastUs)) this.lastUs = timeUs
    if (kind === itemKinds.waveform) {
      this.#handOver(handle, { sourceUs, sourceTick, serverUs, receiveUs, status })
      return
    }
    const batch = this.#batch
    const row = batch.count
    batch.pointKey[row] = items.pointKey[handle] ?? 0
    batch.sourceUs[row] = sourceUs
    batch.sourceTick[row] = sourceTick
    batch.serverUs[row] = serverUs
    batch.receiveUs[row] = receiveUs
    batch.value[row] = value
    batch.status[row] = status
    batch.count = row + 1
  }

  /** The block just read, with its own rate where it says one. */
  #handOver(handle: number, times: Omit<WaveformBlock, 'pointKey' | 'sampleRateHz' | 'samples'>): void {
    const items = this.#items
    const samples = this.#samples
    if (samples === null) return
    this.#samples = null
    this.values += samples.length
    const { sampleRateHz, contradicts } = this.#rateOf(handle)
    const status = contradicts && times.status >>> 30 === 0 ? (times.status | uncertain) >>> 0 : times.status
    const spanUs = (samples.length * 1e6) / sampleRateHz
    items.lastSpanUs[handle] = Number.isFinite(spanUs) ? Math.round(spanUs) : 0
    this.#sink.block({ ...times, pointKey: items.pointKey[handle] ?? 0, sampleRateHz, samples, status })
  }

  /** Everything but a good, plain value; returns the status to keep. */
  #unusual(handle: number, status: number, hasValue: boolean, sentValue: boolean, timeUs: number): number {
    const goodness = status >>> 30
    if (hasOverflow(status)) this.#events.overflow(handle, this.#items.endUs(handle), timeUs)
    if (!hasValue && goodness < 2) {
      if (!sentValue) return badNoData
      this.#wrong.add(handle)
      this.#events.wrongType(handle, timeUs, this.#found)
      return badTypeMismatch
    }
    if (!this.#precise && hasValue) {
      this.#events.imprecise(handle)
      if (goodness === 0) return (status | uncertain) >>> 0
    }
    return status
  }

  /**
   * A Variant (5.2.2.16). Returns the number of a scalar; an array goes to `#samples`. What does not fit the point's
   * kind is skipped and named in `#found`.
   */
  #variant(view: DataView, body: Buffer, kind: number, handle: number): number {
    const start = this.#at
    const encoding = view.getUint8(start)
    const builtIn = encoding & 0x3f
    this.#found = ''
    this.#precise = true
    this.#samples = null
    if (encoding === type.double && kind === itemKinds.scalar) {
      this.#at = start + 9
      return view.getFloat64(start + 1, true)
    }
    if (builtIn < type.boolean || builtIn > type.double) {
      const form = kind === itemKinds.waveform ? this.#items.forms[handle] : null
      return form && (encoding === type.byteString || encoding === type.extensionObject)
        ? this.#special(view, start, encoding, form)
        : this.#skip(body, start)
    }
    const isArray = (encoding & arrayFlag) !== 0
    const bytes = typeBytes[builtIn] ?? 0
    if (!isArray) {
      this.#at = start + 1 + bytes
      if (kind === itemKinds.waveform) {
        this.#found = 'a single value'
        return Number.NaN
      }
      return this.#number(view, start + 1, builtIn)
    }
    const count = Math.max(0, view.getInt32(start + 1, true))
    const first = start + 5
    let end = first + count * bytes
    if (end > view.byteLength) throw new RangeError(`an array of ${count} values is longer than its message`)
    if ((encoding & dimensionsFlag) !== 0) end += 4 + 4 * Math.max(0, view.getInt32(end, true))
    this.#at = end
    if (kind !== itemKinds.waveform) this.#found = 'an array'
    else if (count === 0) this.#found = 'an empty array'
    else if (builtIn === type.boolean) this.#found = 'an array of Boolean'
    else {
      this.#samples = this.#samplesOf(view, body, first, count, builtIn, bytes)
      const form = this.#items.forms[handle]
      if (form) scaleSamples(this.#samples, form.packing)
    }
    return Number.NaN
  }

  /** A block that comes as a ByteString or as a structure. */
  #special(view: DataView, start: number, encoding: number, form: BlockForm): number {
    const block = this.#block
    this.#at =
      encoding === type.byteString ? block.byteString(view, start + 1, form) : block.structure(view, start + 1, form)
    this.#samples = block.samples
    this.#found = block.found
    return Number.NaN
  }

  /** The rate a block was sampled at. Where it contradicts the contract, frequencies cannot be trusted. */
  #rateOf(handle: number): { sampleRateHz: number; contradicts: boolean } {
    const promised = this.#items.sampleRateHz[handle] ?? Number.NaN
    const said = this.#block.sampleRateHz
    if (!(said > 0)) return { sampleRateHz: promised, contradicts: false }
    const contradicts = Math.abs(said - promised) > promised * rateTolerance
    if (contradicts) this.#events.otherRate(handle, said)
    return { sampleRateHz: said, contradicts }
  }

  #samplesOf(view: DataView, body: Buffer, first: number, count: number, builtIn: number, bytes: number): Samples {
    const samples = samplesFor(isWideType(builtIn), count)
    if (builtIn === type.float) {
      // One copy; OPC UA and every machine this runs on are little-endian.
      new Uint8Array(samples.buffer).set(body.subarray(first, first + count * 4))
      return samples
    }
    for (let i = 0; i < count; i += 1) samples[i] = this.#number(view, first + i * bytes, builtIn)
    return samples
  }

  #number(view: DataView, at: number, builtIn: number): number {
    switch (builtIn) {
      case type.double:
        return view.getFloat64(at, true)
      case type.float:
        return view.getFloat32(at, true)
      case type.boolean:
        return view.getUint8(at) === 0 ? 0 : 1
      case type.sByte:
        return view.getInt8(at)
      case type.byte:
        return view.getUint8(at)
      case type.int16:
        return view.getInt16(at, true)
      case type.uInt16:
        return view.getUint16(at, true)
      case type.int32:
        return view.getInt32(at, true)
      case type.uInt32:
        return view.getUint32(at, true)
      default: {
        const low = view.getUint32(at, true)
        const high = builtIn === type.int64 ? view.getInt32(at + 4, true) : view.getUint32(at + 4, true)
        const value = high * 0x1_0000_0000 + low
        if (!Number.isSafeInteger(value)) this.#precise = false
        return value
      }
    }
  }

  /** A type that is no number (String, LocalizedText, structure, ...): node-opcua finds its end. */
  #skip(body: Buffer, start: number): number {
    const stream = new BinaryStream(body)
    stream.length = start
    const variant = new Variant()
    variant.decode(stream)
    this.#at = stream.length
    this.#found = builtInNames[variant.dataType] ?? `built-in type ${variant.dataType}`
    return Number.NaN
  }
}

const builtInNames: Record<number, string> = {
  0: 'no value',
  12: 'text (String)',
  13: 'a DateTime',
  14: 'a Guid',
  15: 'a ByteString',
  16: 'an XmlElement',
  17: 'a NodeId',
  18: 'an ExpandedNodeId',
  19: 'a StatusCode',
  20: 'a QualifiedName',
  21: 'text (LocalizedText)',
  22: 'a structure',
}

/** The identifier of a numeric NodeId of namespace 0 in its four-byte or its long form; 0 for any other. */
function numericId(view: DataView, at: number): number {
  const form = view.getUint8(at)
  if (form === 1) return view.getUint8(at + 1) === 0 ? view.getUint16(at + 2, true) : 0
  return form === 2 && view.getUint16(at + 1, true) === 0 ? view.getUint32(at + 3, true) : 0
}

/** End of a NodeId in any of its encodings (5.2.2.9); the two-byte and string forms are met with foreign notifications. */
function nodeIdEnd(view: DataView, at: number): number {
  const form = view.getUint8(at) & 0x3f
  if (form === 0) return at + 2
  if (form === 1) return at + 4
  if (form === 2) return at + 7
  if (form === 4) return at + 19
  return at + 7 + Math.max(0, view.getInt32(at + 3, true))
}
