/** OPC UA Binary by hand (OPC 10000-6, 5.2), without the library whose decoders are tested with it. */

/** A numeric NodeId in the form asked for, or one of the others. */
export type NodeIdBytes =
  | { form: 'two' | 'four' | 'long'; id: number; namespace?: number }
  | { form: 'string'; id: string; namespace: number }
  | { form: 'guid' | 'opaque'; namespace: number }

const epochTicks = 116_444_736_000_000_000n

export class ByteWriter {
  readonly #parts: Buffer[] = []

  #put(length: number, write: (buffer: Buffer) => void): this {
    const buffer = Buffer.alloc(length)
    write(buffer)
    this.#parts.push(buffer)
    return this
  }

  u8(value: number): this {
    return this.#put(1, (buffer) => buffer.writeUInt8(value))
  }
  u16(value: number): this {
    return this.#put(2, (buffer) => buffer.writeUInt16LE(value))
  }
  u32(value: number): this {
    return this.#put(4, (buffer) => buffer.writeUInt32LE(value >>> 0))
  }
  i32(value: number): this {
    return this.#put(4, (buffer) => buffer.writeInt32LE(value))
  }
  i64(value: bigint): this {
    return this.#put(8, (buffer) => buffer.writeBigInt64LE(value))
  }
  f32(value: number): this {
    return this.#put(4, (buffer) => buffer.writeFloatLE(value))
  }
  f64(value: number): this {
    return this.#put(8, (buffer) => buffer.writeDoubleLE(value))
  }
  /** Null is length -1 (5.2.2.4). */
  text(value: string | null): this {
    if (value === null) return this.i32(-1)
    return this.bytes(Buffer.from(value, 'utf8'))
  }
  bytes(value: Buffer | null): this {
    if (value === null) return this.i32(-1)
    this.i32(value.length)
    return this.raw(value)
  }
  raw(value: Buffer): this {
    this.#parts.push(value)
    return this
  }
  /** Microseconds since 1970 and the 100 ns below them; null is the zero time, which means none. */
  time(us: number | null, tick = 0): this {
    return this.i64(us === null ? 0n : BigInt(us) * 10n + BigInt(tick) + epochTicks)
  }
  list(values: readonly (() => void)[] | null): this {
    this.i32(values === null ? -1 : values.length)
    for (const write of values ?? []) write()
    return this
  }
  nodeId(node: NodeIdBytes): this {
    switch (node.form) {
      case 'two':
        return this.u8(0).u8(node.id)
      case 'four':
        return this.u8(1)
          .u8(node.namespace ?? 0)
          .u16(node.id)
      case 'long':
        return this.u8(2)
          .u16(node.namespace ?? 0)
          .u32(node.id)
      case 'string':
        return this.u8(3).u16(node.namespace).text(node.id)
      case 'guid':
        return this.u8(4).u16(node.namespace).raw(Buffer.alloc(16, 7))
      case 'opaque':
        return this.u8(5)
          .u16(node.namespace)
          .bytes(Buffer.from([1, 2, 3]))
    }
  }
  /** An ExtensionObject; `length` as it is said, where that is to be other than right. */
  extension(type: NodeIdBytes, encoding: 0 | 1 | 2, body: Buffer, length = body.length): this {
    this.nodeId(type).u8(encoding)
    return encoding === 0 ? this : this.i32(length).raw(body)
  }

  done(): Buffer {
    return Buffer.concat(this.#parts)
  }
}

export class ByteReader {
  at: number
  readonly #from: Buffer

  constructor(from: Buffer, at = 0) {
    this.#from = from
    this.at = at
  }

  #take<T>(length: number, read: (at: number) => T): T {
    const value = read(this.at)
    this.at += length
    return value
  }

  u8(): number {
    return this.#take(1, (at) => this.#from.readUInt8(at))
  }
  u16(): number {
    return this.#take(2, (at) => this.#from.readUInt16LE(at))
  }
  u32(): number {
    return this.#take(4, (at) => this.#from.readUInt32LE(at))
  }
  i32(): number {
    return this.#take(4, (at) => this.#from.readInt32LE(at))
  }
  f64(): number {
    return this.#take(8, (at) => this.#from.readDoubleLE(at))
  }
  text(): string | null {
    const length = this.i32()
    if (length < 0) return null
    return this.#take(length, (at) => this.#from.toString('utf8', at, at + length))
  }
  skip(bytes: number): this {
    this.at += bytes
    return this
  }
  list<T>(read: () => T): T[] {
    return Array.from({ length: Math.max(0, this.i32()) }, read)
  }
  /** As text: `i=85`, `ns=2;s=c0`. */
  nodeId(): string {
    const form = this.u8() & 0x3f
    if (form === 0) return `i=${this.u8()}`
    if (form === 1) {
      const namespace = this.u8()
      return `${namespace === 0 ? '' : `ns=${namespace};`}i=${this.u16()}`
    }
    const namespace = this.u16()
    const prefix = namespace === 0 ? '' : `ns=${namespace};`
    if (form === 2) return `${prefix}i=${this.u32()}`
    if (form === 3) return `${prefix}s=${this.text()}`
    if (form === 4) return `${prefix}g=${this.#take(16, (at) => this.#from.toString('hex', at, at + 16))}`
    return `${prefix}b=${this.text()}`
  }
  extension(): void {
    this.nodeId()
    if (this.u8() !== 0) this.skip(Math.max(0, this.i32()))
  }
}

export const builtIn = {
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
  string: 12,
  dateTime: 13,
  guid: 14,
  byteString: 15,
  xmlElement: 16,
  nodeId: 17,
  expandedNodeId: 18,
  statusCode: 19,
  qualifiedName: 20,
  localizedText: 21,
  extensionObject: 22,
  dataValue: 23,
  variant: 24,
  diagnosticInfo: 25,
} as const

/** A Variant with one value (5.2.2.16). */
export function scalar(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type]), body])
}

export function double(value: number): Buffer {
  return scalar(builtIn.double, new ByteWriter().f64(value).done())
}

/** A Variant with an array; null values is the null array, `dimensions` are written when given. */
export function array(type: number, values: readonly Buffer[] | null, dimensions?: readonly number[]): Buffer {
  const out = new ByteWriter().u8(type | 0x80 | (dimensions ? 0x40 : 0)).i32(values === null ? -1 : values.length)
  for (const value of values ?? []) out.raw(value)
  if (dimensions) out.list(dimensions.map((dimension) => () => void out.u32(dimension)))
  return out.done()
}

export interface ValueBytes {
  /** A Variant. */
  value?: Buffer
  status?: number
  sourceUs?: number | null
  sourceTick?: number
  /** In 10 ps. */
  sourcePico?: number
  serverUs?: number | null
  serverPico?: number
}

/** A DataValue with exactly the fields that are given, in the order of 5.2.2.17. */
export function dataValue(wish: ValueBytes): Buffer {
  const has = (name: keyof ValueBytes, bit: number): number => (wish[name] === undefined ? 0 : bit)
  const out = new ByteWriter().u8(
    has('value', 1) |
      has('status', 2) |
      has('sourceUs', 4) |
      has('serverUs', 8) |
      has('sourcePico', 16) |
      has('serverPico', 32),
  )
  if (wish.value) out.raw(wish.value)
  if (wish.status !== undefined) out.u32(wish.status)
  if (wish.sourceUs !== undefined) out.time(wish.sourceUs, wish.sourceTick)
  if (wish.sourcePico !== undefined) out.u16(wish.sourcePico)
  if (wish.serverUs !== undefined) out.time(wish.serverUs)
  if (wish.serverPico !== undefined) out.u16(wish.serverPico)
  return out.done()
}

export interface ItemBytes {
  handle: number
  value: Buffer
}

const dataChangeId: NodeIdBytes = { form: 'four', id: 811 }

/** A DataChangeNotification as an ExtensionObject; `diagnostics` are written behind the values. */
export function dataChange(
  items: readonly ItemBytes[],
  change: { type?: NodeIdBytes; diagnostics?: Buffer; count?: number; length?: number } = {},
): Buffer {
  const body = new ByteWriter().i32(change.count ?? items.length)
  for (const { handle, value } of items) body.u32(handle).raw(value)
  body.raw(change.diagnostics ?? new ByteWriter().i32(-1).done())
  const bytes = body.done()
  return new ByteWriter().extension(change.type ?? dataChangeId, 1, bytes, change.length ?? bytes.length).done()
}

/** A DiagnosticInfo with every field, and another one inside it. */
export function diagnosticInfo(depth = 2): Buffer {
  const out = new ByteWriter().u8(depth > 0 ? 0x7f : 0x01).i32(0)
  if (depth === 0) return out.done()
  return out
    .i32(1)
    .i32(2)
    .i32(3)
    .text('more')
    .u32(0x8000_0000)
    .raw(diagnosticInfo(depth - 1))
    .done()
}

/** The device has ended the subscription, or given it to another session. */
export function statusChange(status: number): Buffer {
  const body = new ByteWriter().u32(status).u8(0).done()
  return new ByteWriter().extension({ form: 'four', id: 820 }, 1, body).done()
}
