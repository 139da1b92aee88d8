import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { replayContent } from './content.ts'
import { replayFeed } from './feeds.ts'
import { PlantInputError } from './plant-input-error.ts'
import { generatePlantFile } from './plant-file.ts'
import { openReplay } from './replay.ts'

let dir = ''
const ramp = (n: number, from = 0): Float32Array => Float32Array.from({ length: n }, (_, i) => from + i)
const save = (name: string, content: unknown): string => {
  const file = join(dir, name)
  writeFileSync(file, content instanceof Float32Array ? Buffer.from(content.buffer) : JSON.stringify(content))
  return file
}
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'replay-'))
  save('a.f32', ramp(10_000))
  save('b.f32', ramp(6000, 100_000))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const history = (overrides: object = {}): string =>
  save(`h${Math.random()}.json`, {
    schema: 'millwright/history@1',
    sampleRateHz: 25_600,
    rpm: 1800,
    unit: 'g',
    bearingId: 'B 1',
    snapshots: [
      { file: 'a.f32', offset: 0, samples: 2560, t: 0 },
      { file: 'a.f32', offset: 2560, samples: 2560, t: 10 },
      { file: 'b.f32', t: 20 },
    ],
    ...overrides,
  })

const records = (): string =>
  save('index.json', {
    format: 1,
    records: [
      {
        id: 'r1',
        file: 'a.f32',
        fs_hz: 12_000,
        rpm: 1772,
        units: 'g (acceleration)',
        bearing: { model: 'SKF 6205-2RS JEM' },
      },
      { id: 'r2', file: 'a.f32', fs_hz_estimate: 12_800, rpm: null, units: 'not stated', segment_length: 5000 },
      { id: 'r3', file: 'gone.f32', fs_hz: 100 },
    ],
  })

describe('replay of a history', () => {
  it('serves each snapshot as one block at its own time, then ends with BadNoCommunication, once', () => {
    const [channel] = openReplay(history(), [])
    if (!channel) throw new Error('one channel')
    expect(channel).toMatchObject({ id: 'B-1', blocks: 3, blockSize: 6000, loop: false, rpm: 1800, unit: 'g' })
    const written: { k: number; us: number; first: number; length: number }[] = []
    const failed: string[] = []
    const feed = replayFeed({
      writer: {
        write: (block, k, at) =>
          void written.push({ k, us: at.us, first: block[0] ?? Number.NaN, length: block.length }),
        fail: (status) => void failed.push(status.name),
      },
      t0Us: 1000,
      channel,
    })
    for (let s = 0; s < 30; s += 0.1) feed.pump(1000 + s * 1e6)
    expect(written).toEqual([
      { k: 0, us: 1000, first: 0, length: 2560 },
      { k: 1, us: 10_001_000, first: 2560, length: 2560 },
      { k: 2, us: 20_001_000, first: 100_000, length: 6000 },
    ])
    expect(failed).toEqual(['BadNoCommunication'])
  })

  it('closes ranks at a speed-up but never overlaps', () => {
    const [channel] = openReplay(history(), [], 1e6)
    expect(channel?.startS(1)).toBeCloseTo(0.1, 9)
    expect(channel?.startS(2)).toBeCloseTo(0.2, 9)
    channel?.close()
  })
})

describe('replay of records', () => {
  it('cuts a record into blocks at its own rate and starts again at its end', () => {
    const [channel] = openReplay(records(), ['r1'])
    expect(channel).toMatchObject({ id: 'r1', sampleRateHz: 12_000, blocks: 2, blockSize: 4096, loop: true, rpm: 1772 })
    expect(channel?.read(1)[0]).toBe(4096)
    expect(channel?.read(2)[0]).toBe(0)
    expect(channel?.startS(3)).toBeCloseTo((3 * 4096) / 12_000, 9)
    channel?.close()
  })

  it('never lets a block reach across the joint of two recordings laid end to end', () => {
    const [channel] = openReplay(records(), ['r2'])
    expect(channel).toMatchObject({ sampleRateHz: 12_800, blocks: 2, rpm: null, unit: '1' })
    expect([0, 1].map((k) => channel?.read(k)[0])).toEqual([0, 5000])
    channel?.close()
  })

  it('comes with a plant file for the engine', () => {
    const channels = openReplay(records(), ['r1', 'r2'])
    const file = generatePlantFile([replayContent(channels)], { endpointUrl: 'opc.tcp://127.0.0.1:1', brokerUrl: null })
    expect(file.points.map((p) => [p.id, p.contract?.unit, p.contract?.sampleRateHz])).toEqual([
      ['r1', 'g', 12_000],
      ['r2', '1', 12_800],
    ])
    expect(file.assets[0]?.ratedRpm).toBe(1772)
    const [sparse] = openReplay(history(), [])
    if (!sparse) throw new Error('one channel')
    const waits = replayContent([sparse]).points[0]?.contract?.policy
    expect(waits).toMatchObject({ staleAfterMs: 30_000, missingAfterMs: 50_000 })
    for (const channel of channels) channel.close()
  })
})

describe('bad input gives one sentence that says what, where and how to mend it', () => {
  it.each([
    ['a missing index', () => join(dir, 'none.json'), [], /cannot read .*none\.json.*check the path/],
    ['no JSON', () => join(dir, 'a.f32'), [], /a\.f32.*is not JSON/],
    ['an unknown shape', () => save('x.json', { schema: 'other' }), [], /neither.*nor/],
    ['no --record', () => records(), [], /--record ID,ID \(for example r1\)/],
    ['an unknown record', () => records(), ['zz'], /no record "zz"/],
    ['a missing recording', () => records(), ['r3'], /gone\.f32/],
    ['a table history', () => history({ snapshots: undefined, tables: [] }), [], /no snapshots/],
    ['no rate', () => history({ sampleRateHz: null }), [], /no sampleRateHz/],
  ] as const)('%s', (_name, file, ids, message) => {
    const attempt = (): unknown => openReplay(file(), ids)
    expect(attempt).toThrow(PlantInputError)
    expect(attempt).toThrow(message)
  })
})
