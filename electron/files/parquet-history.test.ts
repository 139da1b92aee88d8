import { zstdDecompressSync } from 'node:zlib'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { describe, expect, it } from 'vitest'
import { ParquetHistory, rowsOfGroup, type CaptureRows, type SampleRows } from './parquet-history.ts'

interface Written {
  bytes: Uint8Array
  pieces: number[]
  history: ParquetHistory
}

function write(kind: 'samples' | 'captures', pages: (SampleRows | CaptureRows)[]): Written {
  const pieces: Uint8Array[] = []
  const createdBy = 'millwright version 0.0.0'
  const history = new ParquetHistory({ kind, pointId: 'pump.speed', createdBy, sink: (piece) => pieces.push(piece) })
  for (const page of pages) history.append(page)
  history.finish()
  return { bytes: Buffer.concat(pieces), pieces: pieces.map(({ length }) => length), history }
}

async function rowsOf(bytes: Uint8Array): Promise<Record<string, unknown>[]> {
  return parquetReadObjects({
    file: fileOf(bytes),
    compressors: { ZSTD: (input) => zstdDecompressSync(input) },
    parsers: { timestampFromNanoseconds: (ns: bigint) => ns },
  })
}

function fileOf(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer
}

function samples(count: number, more: Partial<SampleRows> = {}): SampleRows {
  return {
    kind: 'samples',
    sourceUs: Float64Array.from({ length: count }, (_, i) => 1.7e15 + i * 100_000),
    sourceTick: new Uint8Array(count),
    serverUs: Float64Array.from({ length: count }, (_, i) => 1.7e15 + i * 100_000 + 2000),
    value: Float64Array.from({ length: count }, (_, i) => Math.sin(i)),
    status: new Uint32Array(count),
    ...more,
  }
}

describe('a history as Parquet', () => {
  it('keeps the 100 ns digit, the missing time, the name of the status and every sample in order', async () => {
    const page = samples(3, {
      sourceUs: Float64Array.of(-1, Number.NaN, 1.7e15),
      sourceTick: Uint8Array.of(9, 0, 7),
      serverUs: Float64Array.of(Number.NaN, 1, 1.7e15 + 3),
      value: Float64Array.of(1, 2, 0.1 + 0.2),
      status: Uint32Array.of(0, 0x40900480, 0x81ff0000),
    })
    const { bytes, history } = write('samples', [page])
    expect(history).toMatchObject({ rows: 3, timesLeftOut: 0 })
    expect(await rowsOf(bytes)).toEqual([
      { sourceTime: -100n, serverTime: null, value: 1, status: 'Good' },
      { sourceTime: null, serverTime: 1000n, value: 2, status: 'UncertainLastUsableValue' },
      {
        sourceTime: 1_700_000_000_000_000_700n,
        serverTime: 1_700_000_000_000_003_000n,
        value: 0.1 + 0.2,
        status: '0x81FF0000',
      },
    ])
    const { schema, key_value_metadata: about } = parquetMetadata(fileOf(bytes))
    expect(schema[1]?.logical_type).toMatchObject({ type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' })
    expect(about).toEqual([{ key: 'millwright.point', value: 'pump.speed' }])
  })

  it('keeps the bits of every float64: NaN payloads, -0, infinities, and numbers that a dictionary would suit', async () => {
    const words = new BigUint64Array(4000)
    for (let i = 0; i < words.length; i++) words[i] = 0x7ff0_0000_0000_0001n + BigInt(i) * 0x2_0000_3001n
    const special = Float64Array.of(-0, 0, Infinity, -Infinity, Number.NaN, 5e-324)
    const few = Float64Array.from({ length: 3000 }, (_, i) => special[i % 2] ?? 0)
    for (const value of [new Float64Array(words.buffer), special, few, samples(500).value]) {
      const { bytes } = write('samples', [samples(value.length, { value })])
      const back = await rawValues(bytes, value.length)
      expect(Buffer.compare(back, Buffer.from(value.buffer))).toBe(0)
    }
  })

  it('writes row groups of one size as it goes, across pages of any size', async () => {
    const sizes = [1, rowsOfGroup - 2, 5, rowsOfGroup * 2 + 7]
    const total = sizes.reduce((sum, size) => sum + size, 0)
    const { bytes, pieces } = write(
      'samples',
      sizes.map((size) => samples(size)),
    )
    const groups = parquetMetadata(fileOf(bytes)).row_groups.map(({ num_rows }) => Number(num_rows))
    expect(groups).toEqual([rowsOfGroup, rowsOfGroup, rowsOfGroup, total - 3 * rowsOfGroup])
    // Each group was handed on by itself, and the footer at the end.
    expect(pieces.length).toBe(groups.length + 1)
    const back = await rowsOf(bytes)
    const wanted = sizes.flatMap((size) => [...samples(size).value])
    expect(back.map(({ value }) => value)).toEqual(wanted)
  })

  it('leaves a time empty that nanoseconds cannot name, and counts it', async () => {
    // 1601, the beginning of OPC UA's clock, and the year 9999.
    const page = samples(2, { sourceUs: Float64Array.of(-11_644_473_600e6, 253_402_300_799e6) })
    const { bytes, history } = write('samples', [page])
    expect(history.timesLeftOut).toBe(2)
    expect((await rowsOf(bytes)).map(({ sourceTime }) => sourceTime)).toEqual([null, null])
  })

  it('gives a waveform its captures, each sample at its own time', async () => {
    const capture = (id: string, count: number): CaptureRows => {
      const values = Float32Array.from({ length: count }, (_, i) => i / 3)
      return { kind: 'capture', id, sourceUs: 1.7e15, sampleRateHz: 51_200, gaps: [], samples: values }
    }
    const { bytes, history } = write('captures', [capture('a', 3), capture('b', rowsOfGroup)])
    expect(history.rows).toBe(rowsOfGroup + 3)
    const rows = await rowsOf(bytes)
    expect(rows[2]).toEqual({
      captureId: 'a',
      sourceTime: 1_700_000_000_000_039_063n,
      index: 2,
      value: Math.fround(2 / 3),
    })
    expect(rows.at(-1)).toMatchObject({ captureId: 'b', index: rowsOfGroup - 1 })
    expect(rows.length).toBe(rowsOfGroup + 3)
  })

  it('is a whole file also when there is nothing', async () => {
    const { bytes } = write('samples', [])
    // num_rows 0, then the field `row_groups`: a list of structs that is empty, as strict readers want.
    expect(Buffer.from(bytes).includes(Buffer.of(0x16, 0x00, 0x19, 0x0c))).toBe(true)
    expect(await rowsOf(bytes)).toEqual([])
    expect(parquetMetadata(fileOf(bytes)).schema.map(({ name }) => name)).toEqual([
      'root',
      'sourceTime',
      'serverTime',
      'value',
      'status',
    ])
  })
})

/** The bytes of the column `value` as they stand in its pages, or by its dictionary; a reader's numbers would prove less. */
async function rawValues(bytes: Uint8Array, count: number): Promise<Buffer> {
  const column = parquetMetadata(fileOf(bytes)).row_groups[0]?.columns[2]?.meta_data
  if (column?.encodings.includes('PLAIN') && !column.encodings.includes('RLE_DICTIONARY')) {
    const from = Number(column.data_page_offset)
    const page = Buffer.from(bytes).subarray(from, from + Number(column.total_compressed_size))
    // A required column has no levels: its page is a header and one zstd frame.
    return zstdDecompressSync(page.subarray(page.indexOf(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]))))
  }
  const values = (await rowsOf(bytes)).map(({ value }) => value)
  expect(values.length).toBe(count)
  return Buffer.from(Float64Array.from(values, Number).buffer)
}
