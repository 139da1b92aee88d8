import { RecordingError } from './recording-error.ts'
import { encodeUff58 } from './uff58.ts'
import { encodeWav } from './wav-writer.ts'
import type { WaveformFile } from './waveform-facts.ts'

export type { WaveformFile } from './waveform-facts.ts'

export const waveformFormats = ['csv', 'wav', 'uff', 'uffb'] as const
export type WaveformFormat = (typeof waveformFormats)[number]

/** File name endings; both kinds of UFF end alike. */
export const endings: Readonly<Record<WaveformFormat, string>> = { csv: 'csv', wav: 'wav', uff: 'uff', uffb: 'uff' }

/** Written so that `decodeRecording` gives every sample back bit for bit. */
export function encodeWaveform(file: WaveformFile, format: WaveformFormat): Uint8Array {
  const broken = file.gaps.some(({ atSample }) => atSample > 0 && atSample < file.samples.length)
  if (broken && format !== 'csv')
    throw new RecordingError(
      'This waveform has a gap inside, which only CSV can show: choose CSV, or a waveform without a gap',
    )
  switch (format) {
    case 'csv':
      return encodeCsv(file)
    case 'wav':
      return encodeWav(file)
    case 'uff':
    case 'uffb':
      return encodeUff58([waveformSet(file)], format === 'uffb')
  }
}

export function waveformSet({ title, samples, sampleRateHz, unit, quantity, startUs, rpm }: WaveformFile) {
  return {
    kind: 'time' as const,
    title,
    values: samples,
    from: 0,
    step: 1 / sampleRateHz,
    unit,
    quantity,
    startUs,
    rpm,
  }
}

/** Seconds to the tenth of a microsecond: enough to tell samples of 10 MHz apart. */
const secondsText = (seconds: number): string => String(Number(seconds.toFixed(7)))

/**
 * Comments say what a column cannot; the time is for people and other programs. JavaScript writes the shortest decimal that
 * reads back as the same double, so float32 and float64 both survive.
 */
function encodeCsv({ title, samples, sampleRateHz, unit, startUs, rpm, gaps }: WaveformFile): Uint8Array {
  const head = [
    `# ${title.replaceAll(/[\r\n]+/g, ' ')}`,
    `# start: ${new Date(startUs / 1000).toISOString()}`,
    `# start (Unix microseconds): ${startUs}`,
    `# sample rate (Hz): ${sampleRateHz}`,
    `# unit: ${unit}`,
    ...(rpm === null ? [] : [`# speed (rpm): ${rpm}`]),
  ]
  const parts = [`${head.join('\n')}\ntime (s),value (${unit})\n`]
  const breaks = gaps.filter(({ atSample }) => atSample > 0)
  let lines: string[] = []
  let lateUs = 0
  let next = 0
  for (const [index, value] of samples.entries()) {
    for (; (breaks[next]?.atSample ?? Number.POSITIVE_INFINITY) <= index; next++) {
      const gap = breaks[next]
      if (gap) lateUs += gap.endUs - gap.startUs
    }
    lines.push(`${secondsText(index / sampleRateHz + lateUs / 1e6)},${Object.is(value, -0) ? '-0' : String(value)}\n`)
    if (lines.length < 4096) continue
    parts.push(lines.join(''))
    lines = []
  }
  return Buffer.from(parts.join('') + lines.join(''), 'utf8')
}
