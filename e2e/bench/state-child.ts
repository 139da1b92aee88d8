import { openTwinForReading } from '../../electron/store/api.ts'

/** A cold process: opens the twin, reads the state of the whole plant, says how long that took. Usage: FILE KEY [AT_US ...] */
const [file = '', hex = '', ...times] = process.argv.slice(2)
const key = Uint8Array.from(Buffer.from(hex, 'hex'))

const beforeMs = performance.now()
const twin = openTwinForReading({ file, key })
const all = { assetIds: null, scalarKeys: null, waveformKeys: null }
const now = await twin.moment({ ...all, atUs: null })
const nowMs = performance.now() - beforeMs
const past: number[] = []
for (const atUs of times) {
  const startMs = performance.now()
  const moment = await twin.moment({ ...all, atUs: Number(atUs) })
  if (moment.heads.length < now.heads.length) throw new Error('The past moment lacks values.')
  past.push(performance.now() - startMs)
}
await twin.close()
const { heads, features, runStates, occurrences } = now
const held = [heads.length, features.length, runStates.length, occurrences.length]
process.stdout.write(`${JSON.stringify({ nowMs, past, held, processMs: performance.now() })}\n`)
