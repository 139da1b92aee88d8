import { DataType, type Variant, VariantArrayType } from 'node-opcua-client'

/** The value was not taken: why, in one sentence for the person who typed it. */
export class WriteValueError extends Error {
  override name = 'WriteValueError'
}

/** Types a single number or switch can be written to; strings, times and structures are none of this product's to write. */
const integers: Partial<Record<DataType, [low: bigint, high: bigint]>> = {
  [DataType.SByte]: [-128n, 127n],
  [DataType.Byte]: [0n, 255n],
  [DataType.Int16]: [-(2n ** 15n), 2n ** 15n - 1n],
  [DataType.UInt16]: [0n, 2n ** 16n - 1n],
  [DataType.Int32]: [-(2n ** 31n), 2n ** 31n - 1n],
  [DataType.UInt32]: [0n, 2n ** 32n - 1n],
  [DataType.Int64]: [-(2n ** 63n), 2n ** 63n - 1n],
  [DataType.UInt64]: [0n, 2n ** 64n - 1n],
}

const writable: ReadonlySet<number> = new Set([
  DataType.Boolean,
  DataType.Float,
  DataType.Double,
  ...Object.keys(integers).map(Number),
])

export function isWritableType(type: number): boolean {
  return writable.has(type)
}

/** A value as it goes onto the wire, and as it is read again: `text` is the same for the same value. */
export interface WireValue {
  dataType: DataType
  value: boolean | number | [high: number, low: number]
  text: string
  /** For the range of the plant file. */
  number: number
}

const decimal = /^([+-]?)(\d+)(?:[.](\d+))?(?:[eE]([+-]?\d{1,3}))?$/

/** What was typed, exactly as the type can hold it. Throws WriteValueError rather than to round. */
export function parseForType(typed: string, type: DataType): WireValue {
  const text = typed.trim()
  if (type === DataType.Boolean) return parseSwitch(text)
  if (!decimal.test(text))
    throw new WriteValueError(`"${typed}" is not a number; write digits with a point, such as 12.5.`)
  const bounds = integers[type]
  if (bounds) return parseInteger(text, type, bounds)
  if (type === DataType.Float || type === DataType.Double) return parseReal(text, type)
  throw new WriteValueError(`The node holds ${DataType[type]}; only numbers and switches are written.`)
}

function parseSwitch(text: string): WireValue {
  const value = { true: true, '1': true, false: false, '0': false }[text.toLowerCase()]
  if (value === undefined) throw new WriteValueError(`"${text}" is no switch position; write true or false.`)
  return { dataType: DataType.Boolean, value, text: String(value), number: Number(value) }
}

function parseInteger(text: string, type: DataType, [low, high]: [bigint, bigint]): WireValue {
  const whole = digitsOf(text)
  if (whole.exponent < 0)
    throw new WriteValueError(
      `The node holds ${DataType[type]}: ${text} would lose its fraction; write a whole number.`,
    )
  const value = BigInt(whole.digits + '0'.repeat(whole.exponent)) * (whole.negative ? -1n : 1n)
  if (value < low || value > high)
    throw new WriteValueError(`The node holds ${DataType[type]}, from ${low} to ${high}; ${text} does not fit.`)
  const wide = type === DataType.Int64 || type === DataType.UInt64
  const wire = wide ? halves(value) : Number(value)
  return { dataType: type, value: wire, text: String(value), number: Number(value) }
}

/** node-opcua's form of 64 bits: two unsigned words, the high one first. */
function halves(value: bigint): [high: number, low: number] {
  const bits = BigInt.asUintN(64, value)
  return [Number(bits >> 32n), Number(bits & 0xffff_ffffn)]
}

function parseReal(text: string, type: DataType.Float | DataType.Double): WireValue {
  const exact = Number(text)
  const value = type === DataType.Float ? Math.fround(exact) : exact
  const nearest = textOfReal(value, type)
  const same = Number.isFinite(value) && isSameDecimal(text, nearest)
  if (!same) {
    const held = Number.isFinite(value) ? `the nearest it can hold is ${nearest}` : 'it is too large for that'
    throw new WriteValueError(`The node holds ${DataType[type]}: ${text} would be changed, ${held}.`)
  }
  // OPC 10000-6, 5.2.2.3 knows a negative zero; nobody means it.
  return {
    dataType: type,
    value: value === 0 ? 0 : value,
    text: textOfReal(value === 0 ? 0 : value, type),
    number: value,
  }
}

/** The shortest decimal that gives this very value back. */
function textOfReal(value: number, type: DataType): string {
  if (type !== DataType.Float) return String(value)
  for (let digits = 1; digits < 9; digits += 1) {
    const text = Number(value.toPrecision(digits))
    if (Math.fround(text) === value) return String(text)
  }
  return String(value)
}

interface Digits {
  negative: boolean
  /** Without zeros at either end; '0' for zero. */
  digits: string
  exponent: number
}

function digitsOf(text: string): Digits {
  const [, sign, whole = '', fraction = '', power = '0'] = decimal.exec(text) ?? []
  const all = (whole + fraction).replace(/^0+/, '')
  const digits = all.replace(/0+$/, '')
  if (digits === '') return { negative: false, digits: '0', exponent: 0 }
  return { negative: sign === '-', digits, exponent: Number(power) - fraction.length + all.length - digits.length }
}

function isSameDecimal(a: string, b: string): boolean {
  const [one, two] = [digitsOf(a), digitsOf(b)]
  return one.negative === two.negative && one.digits === two.digits && one.exponent === two.exponent
}

/** The same text for a value that a server has sent; null when it is nothing that could be written. */
export function textOfVariant({ dataType, arrayType, value }: Variant): string | null {
  if (arrayType !== VariantArrayType.Scalar || !isWritableType(dataType)) return null
  const held: unknown = value
  if (typeof held === 'boolean') return String(held)
  if (typeof held === 'number') {
    const isReal = dataType === DataType.Float || dataType === DataType.Double
    return isReal ? textOfReal(held === 0 ? 0 : held, dataType) : String(held)
  }
  if (!Array.isArray(held)) return null
  const [high, low] = held as [number, number]
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
  return String(dataType === DataType.Int64 ? BigInt.asIntN(64, bits) : bits)
}
