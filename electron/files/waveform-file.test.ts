import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeRecording } from './recording.ts'
import { decodeUff58, encodeUff58, type UffSet } from './uff58.ts'
import { encodeWaveform, endings, waveformFormats, type WaveformFile } from './waveform-file.ts'

const start = Date.UTC(2026, 10, 22, 22, 5, 23) * 1000

function file(samples: WaveformFile['samples'], more: Partial<WaveformFile> = {}): WaveformFile {
  return {
    title: 'Feed pump 101: drive end',
    samples,
    sampleRateHz: 25_600,
    unit: 'g',
    quantity: 'acceleration',
    startUs: start,
    rpm: 1771.25,
    gaps: [],
    ...more,
  }
}

const again = (waveform: WaveformFile, format: (typeof waveformFormats)[number]) =>
  decodeRecording(`x.${endings[format]}`, Buffer.from(encodeWaveform(waveform, format)))

const finite = { noNaN: true, noDefaultInfinity: true }

describe('a waveform in a file', () => {
  test.each(waveformFormats)('%s gives float32 back bit for bit, with rate, unit, start and speed', (format) => {
    fc.assert(
      fc.property(fc.float32Array({ minLength: 1, maxLength: 60, ...finite }), (values) => {
        const samples = Float32Array.from(values, (value) => value + 0)
        const read = again(file(samples), format)
        expect(Float32Array.from(read.samples)).toEqual(samples)
        expect(read).toMatchObject({ sampleRateHz: 25_600, facts: { unit: 'g', startUs: start, rpm: 1771.25 } })
      }),
    )
  })

  test.each(['csv', 'wav', 'uffb'] as const)('%s gives float64 back bit for bit', (format) => {
    fc.assert(
      fc.property(fc.float64Array({ minLength: 1, maxLength: 60, ...finite }), (values) => {
        expect(again(file(values), format).samples).toEqual(values)
      }),
    )
  })

  test.each(waveformFormats)('%s keeps a rate that is no whole number and one whose step has many digits', (format) => {
    for (const sampleRateHz of [51_200, 97_656, 48_828, 19_531.25, 6_250.5])
      expect(again(file(Float32Array.of(1, 2, 3, 4), { sampleRateHz, rpm: null }), format)).toMatchObject({
        sampleRateHz,
        facts: { rpm: null },
      })
  })

  test('a gap inside moves the times of a CSV and is refused by formats that cannot show it', () => {
    const gaps = [{ atSample: 2, startUs: start, endUs: start + 1e6 }]
    const waveform = file(Float32Array.of(1, 2, 3), { gaps, sampleRateHz: 10 })
    expect(Buffer.from(encodeWaveform(waveform, 'csv')).toString()).toMatch(/0,1\n0.1,2\n1.2,3\n$/)
    for (const format of ['wav', 'uff', 'uffb'] as const)
      expect(() => encodeWaveform(waveform, format)).toThrow(/only CSV can show/)
  })

  test('a CSV of another program gives its rate by its column of seconds', () => {
    const lines = Array.from({ length: 500 }, (_, n) => `${(n / 12_800).toFixed(7)};${n}`)
    const read = decodeRecording('x.csv', Buffer.from(`Time [s];Acc\n${lines.join('\n')}\n`))
    expect(read.sampleRateHz).toBe(12_800)
    expect(read.samples.length).toBe(500)
  })
})

describe('dataset 58', () => {
  const set: UffSet = {
    kind: 'time',
    title: 'point 1',
    values: Float32Array.of(1.5, -2.25, 1e-12),
    from: 0,
    step: 1 / 51_200,
    unit: 'm/s2',
    quantity: 'acceleration',
    startUs: start,
    rpm: null,
  }

  test('keeps to the columns of the format', () => {
    const lines = Buffer.from(encodeUff58([set], false))
      .toString('latin1')
      .split('\r\n')
    expect(lines.slice(0, 2)).toEqual(['    -1', '    58'])
    expect(lines[4]?.trim()).toBe('22-Nov-26 22:05:23')
    expect(lines[8]).toBe('         4         3         1 0.000000E+00 1.953125E-05 0.000000E+00')
    expect(lines[9]?.slice(0, 25)).toBe('        17    0    0    0')
    expect(lines[13]).toBe('  1.500000000000E+00 -2.250000000000E+00  9.999999960042E-13')
    expect(lines[14]).toBe('    -1')
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80)
    const head = Buffer.from(encodeUff58([set], true))
      .toString('latin1')
      .split('\r\n')[1]
    expect(head).toBe('    58b     1     2          11          12     0     0           0           0')
  })

  test('several sets, spectra among them, and datasets of other kinds between', () => {
    const spectrum: UffSet = { ...set, kind: 'spectrum', step: 0.78125, values: Float64Array.of(0, 1, 2, 3, 4) }
    const other = Buffer.from('    -1\r\n   151\r\nmodel\r\n    -1\r\n', 'latin1')
    for (const binary of [false, true]) {
      const bytes = Buffer.concat([encodeUff58([set], binary), other, encodeUff58([spectrum, set], binary)])
      const read = decodeUff58('f.uff', bytes)
      expect(read.map(({ kind, step, unit }) => [kind, step, unit])).toEqual([
        ['time', 1 / 51_200, 'm/s2'],
        ['spectrum', 0.78125, 'm/s2'],
        ['time', 1 / 51_200, 'm/s2'],
      ])
      expect(() => decodeRecording('f.uff', bytes)).toThrow(/2 time records .*choose one by its number/)
      expect(decodeRecording('f.uff', bytes, { column: '2' }).samples).toHaveLength(3)
    }
  })

  test('big-endian, single ASCII without spaces, and Fortran exponents of other writers', () => {
    const bytes = Buffer.from(encodeUff58([set], true))
    const text = bytes.toString('latin1')
    const at = text.indexOf('58b')
    bytes.write('     2', at + 3, 'latin1')
    const data = bytes.length - 12 - 2 - 8
    for (let i = 0; i < 3; i++) bytes.subarray(data + 4 * i, data + 4 * i + 4).reverse()
    expect(decodeUff58('b', bytes)[0]?.values).toEqual(set.values)

    const rows = Buffer.from(encodeUff58([set], false))
      .toString('latin1')
      .split('\r\n')
    rows[8] = `         2         3         1  0.00000E+00  3.90625D-05  0.00000E+00`.replace('D', 'E')
    rows[13] = '-1.50000E+00-2.25000E+00 1.00000D-02'
      .replace('-1.50000E+00', ' -1.50000E+00')
      .replace('-2.25000E+00', ' -2.25000E+00')
      .replace(' 1.00000D-02', '  1.00000D-02')
    expect(Array.from(decodeUff58('a', Buffer.from(rows.join('\n'), 'latin1'))[0]?.values ?? [])).toEqual([
      -1.5, -2.25, 0.01,
    ])
  })

  test.each([
    ['cut short', (text: string) => text.slice(0, text.lastIndexOf(' -2.25')), /ends after \d of its 3 values/],
    ['complex', (text: string) => text.replace('         4         3', '         5         3'), /complex values/],
    ['uneven', (text: string) => text.replace('         3         1', '         3         0'), /unevenly spaced/],
    [
      'of another type',
      (text: string) => text.replace('    1         0    0', '    4         0    0'),
      /function type 4/,
    ],
    ['without a set', () => 'hello\n', /no dataset 58/],
    [
      'not a number',
      (text: string) => text.replace('-2.250000000000E+00', '         abcdefghij'),
      /"abcdefghij" as its value 2/,
    ],
  ])('%s is refused in a sentence', (_what, change, words) => {
    const text = Buffer.from(encodeUff58([set], false)).toString('latin1')
    expect(() => decodeUff58('f.uff', Buffer.from(change(text), 'latin1'))).toThrow(words)
  })
})
