import { account, type Account } from './accounting.ts'
import { FaultSequence } from './fault-sequence.ts'
import { LinkRig } from './link-rig.ts'
import { testPoints } from './plant-parts.ts'

export interface FaultReport extends Account {
  seed: number
  /** In the order they were made. */
  done: readonly string[]
  recreated: number
  duplicates: number
}

/** A link of its own to a server with seeded faults between them: every value of the server's log is accounted for. */
export async function linkThroughFaults(seed: number, forMs: number): Promise<FaultReport> {
  const rig = await LinkRig.open()
  try {
    const names = ['c0', 'c1', 'c2']
    const sequence = rig.keep(await FaultSequence.start(seed, names.length))
    const link = await rig.live(sequence.port, [], {
      points: testPoints(names, { updateCadenceMs: 50 }),
      timings: { keepAliveMs: 500, silenceGraceMs: 500, rebuildAfterMs: 6_000 },
    })
    const { connection, sink } = link
    await sequence.run(forMs, {
      connected: () => connection.state().phase === 'connected',
      last: () => sink.values(1).at(-1) ?? Number.NaN,
    })
    const accounts = names.map((name, i) =>
      account(
        name,
        sequence.runs,
        sink.byKey.get(i + 1) ?? [],
        sink.backfilled.get(i + 1) ?? [],
        sink.gaps.filter(({ pointKey }) => pointKey === null || pointKey === i + 1),
      ),
    )
    const { recreated, duplicates } = connection.counters()
    return {
      seed,
      done: sequence.done,
      recreated,
      duplicates,
      values: accounts.reduce((sum, { values }) => sum + values, 0),
      missing: accounts.reduce((sum, { missing }) => sum + missing, 0),
      gaps: sink.gaps.length,
      faults: accounts.flatMap(({ faults }) => faults),
    }
  } finally {
    await rig.close()
  }
}
