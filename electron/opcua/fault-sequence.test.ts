import { expect, test } from 'vitest'
import { linkThroughFaults } from '../testkit/opcua/link-through-faults.ts'

const seed = Number(process.env['MILLWRIGHT_SEED'] ?? Date.now() % 1e9)

test(`faults in a random order (MILLWRIGHT_SEED=${seed}): what came and the gaps are the log of the server`, async () => {
  // `npm run soak -- quirks` makes each fault several times.
  const report = await linkThroughFaults(seed, 15_000)
  expect(report.faults, JSON.stringify(report)).toEqual([])
  expect(report.done.length).toBeGreaterThan(0)
  expect(report.values).toBeGreaterThan(0)
}, 300_000)
