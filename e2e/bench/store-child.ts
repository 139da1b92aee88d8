import fs from 'node:fs'
import { openTwin } from '../../electron/store/api.ts'
import { Plant, START_US, TICK_US } from './store-plant.ts'
import { workers } from './store-twin.ts'

/** Writes at full rate until it is killed; a line a receipt. Usage: FILE KEY FROM-TICK. */
const [file = '', hex = '', from = '0'] = process.argv.slice(2)
const key = Uint8Array.from(Buffer.from(hex, 'hex'))
const twin = await openTwin({ file, key, workers })
await twin.sessionStart(START_US + Number(from) * TICK_US)
const plant = new Plant(Number(from))
const waiting = new Set<Promise<unknown>>()
for (let number = 1; ; number++) {
  const atUs = START_US + (Number(from) + number) * TICK_US
  const commit: Promise<unknown> = twin
    .commitTick({ number, atUs, scalars: plant.next(), gaps: [], features: [] })
    .then(() => {
      fs.writeSync(1, `${number}\n`)
      return waiting.delete(commit)
    })
  waiting.add(commit)
  if (waiting.size >= 4) await Promise.race(waiting)
}
