import { RecordingError } from './recording-error.ts'

/** Names of columns that say when, not how much. */
const TIME_COLUMN = /^(t|time|index|sample|n|seconds|ms|timestamp|sourcetime|servertime)\b/i

function separatorOf(line: string): string {
  for (const separator of [';', '\t', ',']) if (line.includes(separator)) return separator
  return ','
}

/** A comma is a decimal sign where something else separates the columns. */
const toNumber = (field: string, separator: string): number => {
  const text = field.trim().replaceAll('"', '')
  if (text === '') return Number.NaN
  return Number(separator === ',' ? text : text.replace(',', '.'))
}

const names = (columns: readonly string[]): string => columns.map((name, i) => `${i + 1} "${name}"`).join(', ')

function chooseColumn(file: string, columns: readonly string[], wanted: string | undefined): number {
  if (wanted !== undefined) {
    const byName = columns.findIndex((name) => name.toLowerCase() === wanted.toLowerCase())
    const index = byName === -1 && /^\d+$/.test(wanted) ? Number(wanted) - 1 : byName
    if (index >= 0 && index < columns.length) return index
    throw new RecordingError(`${file} has no column "${wanted}": it has ${names(columns)}`)
  }
  const candidates = columns.flatMap((name, i) => (TIME_COLUMN.test(name) ? [] : [i]))
  const only = columns.length === 1 ? 0 : candidates.length === 1 ? candidates[0] : undefined
  if (only === undefined)
    throw new RecordingError(`${file} has several columns (${names(columns)}): choose one with --column`)
  return only
}

/**
 * What the comments at the top say, as our own export writes them (`# sample rate (Hz): 25600`); without them the rate is that
 * of a column of seconds when its steps are even to a thousandth.
 */
export function csvFacts(text: string): {
  sampleRateHz: number | null
  facts: { unit: string | null; startUs: number | null; rpm: number | null }
} {
  const comments = new Map<string, string>()
  for (const [, name = '', value = ''] of text.slice(0, 4096).matchAll(/^#\s*([^:\r\n]+):\s*([^\r\n]+)/gm))
    comments.set(name.trim().toLowerCase(), value.trim())
  const number = (name: string): number | null => {
    const value = Number(comments.get(name) ?? Number.NaN)
    return Number.isFinite(value) ? value : null
  }
  return {
    sampleRateHz: number('sample rate (hz)') ?? rateOfTimes(text),
    facts: {
      unit: comments.get('unit') ?? null,
      startUs: number('start (unix microseconds)'),
      rpm: number('speed (rpm)'),
    },
  }
}

/** Seconds in the first column of the first and last of up to 4096 lines. */
function rateOfTimes(text: string): number | null {
  const lines = text
    .slice(0, 200_000)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const first = lines[0] ?? ''
  const separator = separatorOf(first)
  if (!/^"?(t|time|seconds|sec)\b/i.test(first.trim()) || !first.includes(separator)) return null
  // The last line may be cut.
  const times = lines.slice(1, 4096).map((line) => toNumber(line.split(separator)[0] ?? '', separator))
  times.pop()
  const [from, to] = [times[0] ?? Number.NaN, times.at(-1) ?? Number.NaN]
  const step = (to - from) / (times.length - 1)
  if (!(step > 0) || times.length < 3) return null
  const even = times.every((time, i) => Math.abs(time - from - i * step) < step / 2)
  return even ? Number((1 / step).toPrecision(6)) : null
}

/** One value a line; with or without a header, any number of columns. Lines that begin with # are comments. */
export function readCsv(file: string, text: string, column?: string): Float64Array {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const first = lines[0]
  if (first === undefined) return new Float64Array(0)
  const separator = separatorOf(first)
  const head = first.split(separator)
  const hasHeader = head.some(
    (field) => Number.isNaN(toNumber(field, separator)) && !/^\s*"?nan"?\s*$/i.test(field) && field.trim() !== '',
  )
  const columns = head.map((field, i) => (hasHeader ? field.trim().replaceAll('"', '') : String(i + 1)))
  const index = chooseColumn(file, columns, column)
  const start = hasHeader ? 1 : 0
  const samples = new Float64Array(lines.length - start)
  for (let i = start; i < lines.length; i += 1) {
    const field = (lines[i] ?? '').split(separator)[index]
    const value = field === undefined ? Number.NaN : toNumber(field, separator)
    if (Number.isNaN(value) && field !== undefined && !/^\s*"?(nan|null|na)?"?\s*$/i.test(field)) {
      throw new RecordingError(
        `${file} has "${field.trim()}" in column "${columns[index]}" of data line ${i + 1 - start}: a number is needed there`,
      )
    }
    samples[i - start] = value
  }
  return samples
}
