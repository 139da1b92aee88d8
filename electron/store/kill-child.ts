import fs from 'node:fs'
import { openTwin } from './api.ts'
import { capture, feature, gap, occurrence, ruleState, tick, transition, workers } from './twin-fixtures.ts'

/**
 * A process for the kill tests: commits as fast as it can and writes each receipt to stdout before it goes on. Usage: FILE KEY
 * SESSION [TICKS]; with TICKS it kills itself after that many.
 */
const [file = '', hex = '', run = '1', last] = process.argv.slice(2)
const session = Number(run)

export const pointsOfChild = 8
/** Samples of a point in a tick. */
export const rowsATick = 20
export const childUs = (session: number, number: number): number => 1.7e15 + session * 1e10 + number * 200_000

async function commitForEver(): Promise<void> {
  // Compaction never rests, so that most kills fall into it.
  const compaction = { ticks: 6, chunkSamples: 300, fanOut: 3, sliceMs: 1 }
  const featureCompaction = { rows: 8, chunkRows: 24, fanOut: 3, sliceMs: 1 }
  const key = Uint8Array.from(Buffer.from(hex, 'hex'))
  const twin = await openTwin({ file, key, workers, compaction, featureCompaction })
  const points = await twin.points(
    Array.from({ length: pointsOfChild }, (_, i) => ({ id: `p${i}`, assetId: 'a', kind: 'scalar' as const })),
  )
  await twin.commitConfig({ hash: 'hash-1', text: '{}', author: 'test', reason: 'test', atUs: 1 })
  const started = await twin.sessionStart(childUs(session, 0))
  fs.writeSync(1, `${JSON.stringify({ started: started.gap?.cause ?? null })}\n`)
  for (let number = 1; ; number++) {
    const atUs = childUs(session, number)
    const value = session * 1e6 + number
    const rows = Array.from({ length: rowsATick }, (_, row) =>
      points.map(({ key }) => ({ pointKey: key, sourceUs: atUs + key + row * 100, value })),
    ).flat()
    const gaps = number % 5 === 0 ? [gap({ startUs: atUs, endUs: atUs + 1 })] : []
    const features = number % 3 === 0 ? [feature(1, atUs, number), feature(2, atUs, number)] : []
    // Several ticks in flight, as the engine has.
    const commit = twin.commitTick(tick(number, rows, { atUs, gaps, features })).then((receipt) => {
      fs.writeSync(1, `${JSON.stringify({ receipt })}\n`)
      return receipt.number
    })
    if (number % 4 === 0) {
      const id = `${session}-${number}`
      const { eventHead } = await twin.commitAlerts({
        states: [ruleState(id)],
        occurrences: [occurrence(id, { raisedUs: atUs })],
        transitions: [transition(id, { atUs })],
      })
      fs.writeSync(1, `${JSON.stringify({ alert: id, eventHead })}\n`)
      await twin.putCapture(capture(id, 1, { occurrenceId: id }))
      fs.writeSync(1, `${JSON.stringify({ capture: id })}\n`)
    }
    if (number % 2 === 0) await commit
    if (String(number) === last) {
      await commit
      process.kill(process.pid, 'SIGKILL')
    }
  }
}

if (import.meta.main) await commitForEver()
