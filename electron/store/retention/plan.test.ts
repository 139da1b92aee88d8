import { describe, expect, it } from 'vitest'
import { openTwinForReading } from '../api.ts'
import { packScalars } from '../scalars-message.ts'
import { capture, feature, random, startUs, testTwin, tick } from '../twin-fixtures.ts'
import { testTwins } from '../test-twins.ts'
import { writerMethods, type WriterMethods } from '../writer-methods.ts'

const { made } = testTwins()

const next = random(1)
const noise = (): number => Math.sqrt(-2 * Math.log(next() + 1e-12)) * Math.cos(2 * Math.PI * next())

/** Bytes of the file per item, free pages not counted; a new twin's own pages are. */
async function bytesEach(items: number, fill: (writer: WriterMethods) => void): Promise<number> {
  const where = testTwin()
  made.push(where)
  const writer = writerMethods()
  writer.open({ ...where, createIfMissing: true, maxPages: null, featureNames: null })
  writer.points([1, 2].map((i) => ({ id: `w${i}`, assetId: 'a', kind: 'waveform' })))
  writer.commitConfig({ hash: 'hash-1', text: '{}', author: 'a', reason: 'b', atUs: 1 })
  writer.sessionStart(startUs)
  fill(writer)
  while (writer.compactStep());
  writer.connection().pragma('wal_checkpoint(TRUNCATE)')
  const reader = openTwinForReading(where)
  const { fileBytes, freeBytes } = await reader.storage()
  await reader.close()
  writer.close()
  return (fileBytes - freeBytes) / items
}

describe('the plan for 64 points', () => {
  it('35 days of hourly waveforms and two years of features every ten minutes fit in 5 GB, from measured bytes', async () => {
    // Noise in float32: what compresses least.
    const waveform = await bytesEach(96, (writer) => {
      writer.putCaptures(
        Array.from({ length: 96 }, (_, n) =>
          capture(`k${n}`, 1 + (n % 2), {
            sourceUs: startUs + n * 3600e6,
            samples: Float32Array.from({ length: 8192 }, (_x, i) => 3 * Math.sin(i * 0.03) + 0.3 * noise()),
          }),
        ),
      )
    })
    const stepUs = 600e6
    const rows = 3 * 4096
    const row = await bytesEach(2 * rows, (writer) => {
      for (let t = 0; t < rows; t += 512) {
        const features = [1, 2].flatMap((key) =>
          Array.from({ length: 512 }, (_, i) => {
            const one = feature(key, startUs + (t + i) * stepUs, 0)
            return {
              ...one,
              values: one.values.map((_value, k) => (k + 1) * (1 + 0.05 * noise())),
              rpm: 1480 + noise(),
            }
          }),
        )
        const given = tick(t / 512 + 1, [], { features })
        writer.commitTick({ ...given, scalars: packScalars(given.scalars) })
        while (writer.compactStep());
      }
    })
    const waveforms = 64 * 24 * 35 * waveform
    const twoYears = (64 * 2 * 365 * 86_400e6 * row) / stepUs
    expect(waveforms).toBeLessThan(2e9)
    expect(twoYears).toBeLessThan(1e9)
    expect(waveforms + twoYears).toBeLessThan(5e9)
  }, 60_000)
})
