import { expect, test } from 'vitest'
import { twinThroughFaults } from '../testkit/engine/twin-through-faults.ts'

test('every loss the queues did not cover is a stored gap, from one value of the log of the server to the next', async () => {
  // Overflow, a subscription made anew, a restart seen by its start time; `npm run soak -- quirks` has all faults.
  const report = await twinThroughFaults(20_261_122, 60_000, [
    'port closed for longer than the queues hold',
    'sessions forgotten while the port was closed',
    'restarted with other namespaces while half-open',
  ])
  expect(report.faults, JSON.stringify(report)).toEqual([])
  for (const cause of ['overflow', 'session-recreated', 'server-restart'])
    expect(report.causes[cause] ?? 0, cause).toBeGreaterThan(0)
  expect(report.missing).toBeGreaterThan(0)
}, 300_000)
