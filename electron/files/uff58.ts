import { RecordingError } from './recording-error.ts'

/**
 * Universal File dataset 58, "Function at Nodal DOF", in its ASCII form and the binary 58b, after the file format description
 * of the Structural Dynamics Research Laboratory, University of Cincinnati.
 */
export interface UffSet {
  readonly kind: 'time' | 'spectrum'
  /** One line, at most 80 characters are written. */
  readonly title: string
  readonly values: Float32Array | Float64Array
  /** Abscissa of the first value and from one to the next: seconds or hertz. */
  readonly from: number
  readonly step: number
  readonly unit: string
  readonly quantity: string
  /** Unix microseconds; null where nobody knows. */
  readonly startUs: number | null
  readonly rpm: number | null
}

const functionTypes = { time: 1, spectrum: 12 } as const
/** Specific data types of the abscissa and the ordinate. */
const abscissaTypes = { time: 17, spectrum: 18 } as const
const quantityTypes: Readonly<Record<string, number>> = { displacement: 8, velocity: 11, acceleration: 12, force: 9 }
const REAL_SINGLE = 2
const REAL_DOUBLE = 4
const COMPLEX_SINGLE = 5
const COMPLEX_DOUBLE = 6
const asciiLines = 11

const right = (value: number | string, width: number): string => String(value).padStart(width)
const left = (text: string, width: number): string => text.slice(0, width).padEnd(width)

/** `1.953125E-05`: the format asks for E13.5, but its columns hold seven digits, without which 51.2 kHz reads 51199.8 Hz. */
function e13(value: number): string {
  return right(exponent(value, 6), 13)
}

function exponent(value: number, digits: number): string {
  const [mantissa = '0', power = '+0'] = value.toExponential(digits).split('e')
  return `${mantissa}E${power.startsWith('-') ? '-' : '+'}${power.slice(1).padStart(2, '0')}`
}

/** `22-Nov-26 22:05:23`, as the field for date and time has it. */
function dateText(us: number): string {
  const iso = new Date(us / 1000).toISOString()
  const month = months[Number(iso.slice(5, 7)) - 1] ?? 'Jan'
  return `${iso.slice(8, 10)}-${month}-${iso.slice(2, 4)} ${iso.slice(11, 19)}`
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

/** What dataset 58 has no field for, so that a file of ours comes back whole; other programs show it as a comment. */
function factsText({ startUs, rpm, step, kind }: UffSet): string {
  const facts = [
    ...(startUs === null ? [] : [`start_us=${startUs}`]),
    ...(rpm === null ? [] : [`rpm=${rpm}`]),
    ...(kind === 'time' ? [`rate_hz=${1 / step}`] : [`step_hz=${step}`]),
  ]
  return facts.join(' ')
}

function axisRecord(type: number, label: string, unit: string): string {
  return `${right(type, 10)}${right(0, 5)}${right(0, 5)}${right(0, 5)} ${left(label, 20)} ${left(unit, 20)}`
}

function records(set: UffSet, ordinate: number): string[] {
  const { kind, title, values, from, step, unit, quantity, startUs } = set
  const oneLine = title.replaceAll(/\s+/g, ' ').trim()
  return [
    left(oneLine === '' ? 'NONE' : oneLine, 80),
    left('NONE', 80),
    left(startUs === null ? 'NONE' : dateText(startUs), 80),
    left(factsText(set), 80),
    left('NONE', 80),
    `${right(functionTypes[kind], 5)}${right(0, 10)}${right(0, 5)}${right(0, 10)} ${left('NONE', 10)}${right(1, 10)}${right(0, 4)} ${left('NONE', 10)}${right(0, 10)}${right(0, 4)}`,
    `${right(ordinate, 10)}${right(values.length, 10)}${right(1, 10)}${e13(from)}${e13(step)}${e13(0)}`,
    axisRecord(abscissaTypes[kind], kind === 'time' ? 'Time' : 'Frequency', kind === 'time' ? 's' : 'Hz'),
    axisRecord(quantityTypes[quantity] ?? 0, quantity === '' ? 'NONE' : quantity, unit === '' ? 'NONE' : unit),
    axisRecord(0, 'NONE', 'NONE'),
    axisRecord(0, 'NONE', 'NONE'),
  ]
}

/** All sets one after the other. ASCII has 13 significant digits: float32 survives it, float64 only the binary form. */
export function encodeUff58(sets: readonly UffSet[], binary: boolean): Uint8Array {
  const parts: Buffer[] = []
  const text = (lines: readonly string[]): void => {
    parts.push(Buffer.from(`${lines.join('\r\n')}\r\n`, 'latin1'))
  }
  for (const set of sets) {
    const { values } = set
    if (binary) {
      const head = `${right(58, 6)}b${right(1, 6)}${right(2, 6)}${right(asciiLines, 12)}${right(values.byteLength, 12)}${right(0, 6)}${right(0, 6)}${right(0, 12)}${right(0, 12)}`
      text([right(-1, 6), head, ...records(set, values instanceof Float32Array ? REAL_SINGLE : REAL_DOUBLE)])
      parts.push(littleEndian(values), Buffer.from('\r\n', 'latin1'))
    } else {
      text([right(-1, 6), right(58, 6), ...records(set, REAL_DOUBLE), ...rowsOf(values)])
    }
    text([right(-1, 6)])
  }
  return Buffer.concat(parts)
}

function rowsOf(values: Float32Array | Float64Array): string[] {
  const rows: string[] = []
  for (let at = 0; at < values.length; at += 4) {
    let row = ''
    for (let k = at; k < Math.min(values.length, at + 4); k++) row += right(exponent(values[k] ?? 0, 12), 20)
    rows.push(row)
  }
  return rows
}

function littleEndian(values: Float32Array | Float64Array): Buffer {
  const bytes = Buffer.alloc(values.byteLength)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (const [index, value] of values.entries()) {
    if (values instanceof Float32Array) view.setFloat32(4 * index, value, true)
    else view.setFloat64(8 * index, value, true)
  }
  return bytes
}

interface Binary {
  little: boolean
  lines: number
  bytes: number
}

/** Every dataset 58 of a file; others are passed over. Throws RecordingError with one sentence. */
export function decodeUff58(file: string, bytes: Buffer): UffSet[] {
  const cursor = new Lines(bytes)
  const sets: UffSet[] = []
  while (cursor.seek('-1')) {
    const head = cursor.next()
    if (head === null) break
    const number = /^\s*(\d+)/.exec(head)?.[1]
    if (number !== '58') {
      cursor.seek('-1')
      continue
    }
    sets.push(readSet(file, cursor, head, sets.length + 1))
  }
  if (sets.length === 0)
    throw new RecordingError(`${file} has no dataset 58: export the time records as Universal File, dataset 58`)
  return sets
}

class Lines {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  next(): string | null {
    if (this.#at >= this.#bytes.length) return null
    let end = this.#bytes.indexOf(10, this.#at)
    if (end < 0) end = this.#bytes.length
    const line = this.#bytes.toString('latin1', this.#at, end).replace(/\r$/, '')
    this.#at = end + 1
    return line
  }

  /** Passes the next line that is nothing but `word`; false when there is none. */
  seek(word: string): boolean {
    for (let line = this.next(); line !== null; line = this.next()) if (line.trim() === word) return true
    return false
  }

  raw(length: number): Buffer {
    const piece = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    return piece
  }
}

function readSet(file: string, cursor: Lines, head: string, number: number): UffSet {
  const where = `dataset ${number} of ${file}`
  const binary = binaryOf(where, head)
  const lines = Array.from({ length: binary?.lines ?? asciiLines }, () => cursor.next() ?? '')
  const [title = '', , dateLine = '', factLine = '', , kindLine = '', countLine = '', , ordinateLine = ''] = lines
  const type = Number(kindLine.slice(0, 5))
  const kind = type === 1 ? 'time' : type === 2 || type === 12 ? 'spectrum' : null
  if (kind === null)
    throw new RecordingError(`${where} is of function type ${type}: time responses (1) and spectra (2, 12) are read`)
  const [ordinate = 0, count = 0, even = 0] = [0, 10, 20].map((at) => Number(countLine.slice(at, at + 10)))
  if (ordinate === COMPLEX_SINGLE || ordinate === COMPLEX_DOUBLE)
    throw new RecordingError(`${where} holds complex values: export the real time record`)
  if (ordinate !== REAL_SINGLE && ordinate !== REAL_DOUBLE)
    throw new RecordingError(`${where} has the ordinate type ${ordinate}: 2 (single) and 4 (double) are read`)
  if (!Number.isInteger(count) || count < 1)
    throw new RecordingError(`${where} says it has ${count} values: export it again`)
  if (even !== 1) throw new RecordingError(`${where} is unevenly spaced: resample it to an even rate`)
  const values = binary
    ? binaryValues(where, cursor.raw(binary.bytes), binary.little, ordinate, count)
    : asciiValues(where, cursor, ordinate, count)
  // Behind binary data comes a line end, behind ASCII data the closing -1.
  if (binary) cursor.seek('-1')
  const [from = 0, step = 0] = [30, 43].map((at) => Number(countLine.slice(at, at + 13)))
  const fact = (name: string): number =>
    Number(new RegExp(`\\b${name}=([-+.\\deE]+)`).exec(factLine)?.[1] ?? Number.NaN)
  const exact = kind === 'time' ? 1 / fact('rate_hz') : fact('step_hz')
  const near = Math.abs(exact - step) < step * 1e-5
  const rpm = fact('rpm')
  const startUs = fact('start_us')
  return {
    kind,
    title: title.trim() === 'NONE' ? '' : title.trim(),
    values,
    from,
    step: near ? exact : step,
    unit: wordAt(ordinateLine, 47, 20),
    quantity: quantityOf(Number(ordinateLine.slice(0, 10))),
    startUs: Number.isFinite(startUs) ? startUs : parseDate(dateLine),
    rpm: Number.isFinite(rpm) ? rpm : null,
  }
}

function wordAt(line: string, at: number, width: number): string {
  const word = line.slice(at, at + width).trim()
  return word === 'NONE' ? '' : word
}

function quantityOf(type: number): string {
  return Object.entries(quantityTypes).find(([, known]) => known === type)?.[0] ?? ''
}

/** `22-Nov-26 22:05:23` as UTC: the file names no zone. */
function parseDate(line: string): number | null {
  const [, day, word, year, clock] = /^\s*(\d{1,2})-([A-Za-z]{3})-(\d{2,4})\s+(\d{2}:\d{2}:\d{2})/.exec(line) ?? []
  const month = months.findIndex((name) => name.toLowerCase() === word?.toLowerCase())
  if (day === undefined || year === undefined || clock === undefined || month < 0) return null
  const full = year.length === 4 ? year : `${Number(year) < 70 ? '20' : '19'}${year}`
  const ms = Date.parse(`${full}-${String(month + 1).padStart(2, '0')}-${day.padStart(2, '0')}T${clock}Z`)
  return Number.isNaN(ms) ? null : ms * 1000
}

function binaryOf(where: string, head: string): Binary | null {
  if (!/^\s*58b/i.test(head)) return null
  const [order = 0, format = 0, lines = 0, bytes = 0] = head
    .replace(/^\s*58b/i, '')
    .trim()
    .split(/\s+/)
    .map(Number)
  if (format !== 2)
    throw new RecordingError(`${where} has the number format ${format}: only IEEE 754 (2) is read; export it again`)
  if (order !== 1 && order !== 2) throw new RecordingError(`${where} has the byte order ${order}: 1 or 2 is needed`)
  return { little: order === 1, lines, bytes }
}

function binaryValues(
  where: string,
  data: Buffer,
  little: boolean,
  ordinate: number,
  count: number,
): Float32Array | Float64Array {
  const single = ordinate === REAL_SINGLE
  const width = single ? 4 : 8
  if (data.length < count * width) throw cutShort(where, Math.floor(data.length / width), count)
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const values = single ? new Float32Array(count) : new Float64Array(count)
  for (let i = 0; i < count; i++) values[i] = single ? view.getFloat32(4 * i, little) : view.getFloat64(8 * i, little)
  return values
}

/** Fields stand in columns and need no space between them; a file that was edited by hand may have spaces instead. */
function asciiValues(where: string, cursor: Lines, ordinate: number, count: number): Float64Array {
  const values = new Float64Array(count)
  const width = ordinate === REAL_SINGLE ? 13 : 20
  let at = 0
  while (at < count) {
    const line = cursor.next()
    if (line === null || line.trim() === '-1') throw cutShort(where, at, count)
    for (const field of fieldsOf(line, width)) {
      const value = Number(field.replace(/d/i, 'E'))
      if (!Number.isFinite(value))
        throw new RecordingError(`${where} has "${field}" as its value ${at + 1}: a number is needed there`)
      if (at < count) values[at++] = value
    }
  }
  cursor.seek('-1')
  return values
}

function fieldsOf(line: string, width: number): string[] {
  const fields: string[] = []
  for (let from = 0; from < line.trimEnd().length; from += width) fields.push(line.slice(from, from + width).trim())
  // A blank inside a column says that the file does not keep to the columns.
  return fields.some((field) => field === '' || /\s/.test(field)) ? line.trim().split(/\s+/) : fields
}

function cutShort(where: string, has: number, wants: number): RecordingError {
  return new RecordingError(`${where} ends after ${has} of its ${wants} values: export it again`)
}
