import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readRecording, RecordingError } from './recording.ts'

let folder: string
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-files-'))
})
afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true })
})

function save(name: string, contents: string | Uint8Array): string {
  const file = path.join(folder, name)
  fs.writeFileSync(file, contents)
  return file
}

function npy(descr: string, shape: string, body: Uint8Array, version = 1): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }\n`
  const head = Buffer.alloc(version === 1 ? 10 : 12)
  head.write('\u0093NUMPY', 0, 'latin1')
  head[6] = version
  if (version === 1) head.writeUInt16LE(text.length, 8)
  else head.writeUInt32LE(text.length, 8)
  return Buffer.concat([head, Buffer.from(text, 'latin1'), body])
}

function wav(code: number, channels: number, bits: number, body: Uint8Array, extensible = false): Uint8Array {
  const format = Buffer.alloc(extensible ? 40 : 16)
  format.writeUInt16LE(extensible ? 0xfffe : code, 0)
  format.writeUInt16LE(channels, 2)
  format.writeUInt32LE(48_000, 4)
  format.writeUInt16LE(bits, 14)
  if (extensible) format.writeUInt16LE(code, 24)
  const chunk = (name: string, contents: Uint8Array): Buffer => {
    const head = Buffer.alloc(8)
    head.write(name, 0, 'latin1')
    head.writeUInt32LE(contents.length, 4)
    return Buffer.concat([head, contents, Buffer.alloc(contents.length % 2)])
  }
  const rest = Buffer.concat([
    Buffer.from('WAVE'),
    chunk('fmt ', format),
    chunk('LIST', Buffer.from('odd')),
    chunk('data', body),
  ])
  return Buffer.concat([Buffer.from('RIFF\0\0\0\0', 'latin1'), rest])
}

const bytesOf = (array: Float32Array | Float64Array | Int16Array | Uint8Array): Uint8Array =>
  new Uint8Array(array.buffer)

describe('recordings', () => {
  test('float32 comes back exactly; what is no number reads 0 and is counted', async () => {
    await fc.assert(
      fc.asyncProperty(fc.float32Array({ minLength: 1, maxLength: 50 }), async (values) => {
        const recording = await readRecording(save('any.f32', bytesOf(values)))
        const invalid = values.filter((value) => !Number.isFinite(value)).length
        expect(recording.invalid).toBe(invalid)
        expect(Array.from(recording.samples)).toEqual(
          Array.from(values, (value) => (Number.isFinite(value) ? value : 0)),
        )
      }),
      { numRuns: 30 },
    )
  })

  test.each([
    ['plain', '1\n-2.5\n3e-1\n'],
    ['with a header', 'accel (g)\n1\n-2.5\n0.3\n'],
    ['with time', 'time,accel\n0,1\n0.1,-2.5\n0.2,0.3\n'],
    ['decimal commas', 't;accel\n0;1\n0,1;-2,5\n0,2;0,3\n'],
    ['comments, byte-order mark, Windows line ends', '\uFEFF# made by x\r\n1\r\n-2.5\r\n0.3\r\n'],
  ])('CSV %s', async (_, text) => {
    expect(Array.from((await readRecording(save('a.csv', text))).samples)).toEqual([1, -2.5, 0.3])
  })

  test('CSV with several columns asks which, takes a name or a number', async () => {
    const file = save('two.csv', 'de,fe\n1,10\n2,20\n')
    await expect(readRecording(file)).rejects.toThrow(/1 "de", 2 "fe".*--column/)
    expect(Array.from((await readRecording(file, { column: 'FE' })).samples)).toEqual([10, 20])
    expect(Array.from((await readRecording(file, { column: '1' })).samples)).toEqual([1, 2])
    await expect(readRecording(file, { column: 'x' })).rejects.toThrow(/no column "x"/)
    await expect(readRecording(save('word.csv', '1\n2\nthree\n'))).rejects.toThrow(/"three".*data line 3/)
    expect((await readRecording(save('gap.csv', '1\nNaN\n3\n'))).invalid).toBe(1)
  })

  test.each([
    ['<f4', bytesOf(Float32Array.of(1, -2, 3))],
    ['<f8', bytesOf(Float64Array.of(1, -2, 3))],
    ['<i2', bytesOf(Int16Array.of(1, -2, 3))],
    ['>i2', Uint8Array.of(0, 1, 255, 254, 0, 3)],
    ['|i1', Uint8Array.of(1, 254, 3)],
  ])('NumPy %s, in one dimension or with sides of 1', async (descr, body) => {
    for (const shape of ['(3,)', '(3, 1)', '(1, 3)']) {
      expect(Array.from((await readRecording(save('a.npy', npy(descr, shape, body)))).samples)).toEqual([1, -2, 3])
    }
    expect((await readRecording(save('b.npy', npy(descr, '(3,)', body, 2)))).samples).toHaveLength(3)
  })

  test.each([
    [1, 16, bytesOf(Int16Array.of(16_384, -32_768)), false],
    [1, 24, Uint8Array.of(0, 0, 0x40, 0, 0, 0x80), false],
    [1, 8, Uint8Array.of(192, 0), false],
    [3, 32, bytesOf(Float32Array.of(0.5, -1)), true],
    [3, 64, bytesOf(Float64Array.of(0.5, -1)), false],
  ])('WAV code %i, %i bits', async (code, bits, body, extensible) => {
    const mono = await readRecording(save('a.wav', wav(code, 1, bits, body, extensible)))
    expect(mono.sampleRateHz).toBe(48_000)
    expect(Array.from(mono.samples)).toEqual([0.5, -1])
    const stereo = save('b.wav', wav(code, 2, bits, body, extensible))
    expect(Array.from((await readRecording(stereo)).samples)).toEqual([0.5])
    expect(Array.from((await readRecording(stereo, { column: '2' })).samples)).toEqual([-1])
    await expect(readRecording(stereo, { column: '3' })).rejects.toThrow(/2 channels/)
  })

  test.each([
    ['cut.f32', Uint8Array.of(1, 2, 3), /3 bytes/],
    ['empty.f32', new Uint8Array(0), /no samples/],
    ['a.mat', 'x', /\.f32, \.csv, \.wav, \.npy and \.uff/],
    ['bad.npy', 'not numpy at all', /numpy\.save/],
    ['type.npy', npy('<c8', '(1,)', new Uint8Array(8)), /float32 or float64/],
    ['shape.npy', npy('<f4', '(2, 2)', new Uint8Array(16)), /one dimension/],
    ['short.npy', npy('<f4', '(9,)', new Uint8Array(4)), /ends before its 9 samples/],
    ['bad.wav', 'RIFFxxxxWAVE', /no data chunk/],
    ['none.wav', 'hello', /does not begin like a WAV/],
    ['code.wav', wav(17, 1, 4, new Uint8Array(4)), /code 17/],
  ])('%s is refused with one sentence', async (name, contents, sentence) => {
    await expect(readRecording(save(name, contents))).rejects.toThrow(sentence)
    await expect(readRecording(save(name, contents))).rejects.toBeInstanceOf(RecordingError)
  })

  test('missing files and folders are named', async () => {
    await expect(readRecording(path.join(folder, 'nowhere.f32'))).rejects.toThrow(/nowhere\.f32 does not exist/)
    fs.mkdirSync(path.join(folder, 'dir.f32'))
    await expect(readRecording(path.join(folder, 'dir.f32'))).rejects.toThrow(/is a folder/)
  })

  test('no bytes crash a reader: it answers or refuses', async () => {
    const name = fc.constantFrom('x.npy', 'x.wav', 'x.csv', 'x.f32')
    const head = fc.constantFrom(
      Buffer.alloc(0),
      Buffer.from(npy('<f4', '(3,)', new Uint8Array(4))),
      Buffer.from(wav(1, 1, 16, new Uint8Array(4))),
    )
    await fc.assert(
      fc.asyncProperty(name, head, fc.uint8Array({ maxLength: 60 }), fc.nat(70), async (file, start, tail, cut) => {
        const bytes = Buffer.concat([start.subarray(0, cut), tail])
        try {
          const { samples } = await readRecording(save(file, bytes))
          expect(samples.every((value) => Number.isFinite(value))).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(RecordingError)
        }
      }),
      { numRuns: 150 },
    )
  })
})
