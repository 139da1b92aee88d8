import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { auditWeek, type AuditRun } from '../bench/audit-process.ts'
import { fillWeek } from '../bench/audit-twin.ts'
import type { Where } from '../bench/store-twin.ts'

const usualTags = 5000
const mostS = 60
const mostMB = 300
const runs = 3
/** A tag in fifty of the bench's plant is dead. */
const deadEvery = 50
/** Of a stored value with its roll-ups, measured; and as much again for the write-ahead log while the file is made. */
const bytesPerValue = 4

/**
 * A week of 5,000 tags at 1 Hz (3 x 10^9 values) in an encrypted twin, audited by the command line as it is shipped. The file is
 * written past the engine, chunk by chunk as compaction leaves it; it takes 12 GB and is removed. `--tags=N` for fewer.
 */
export async function auditScale(): Promise<{ ok: boolean; report: object }> {
  const tags = Number(process.argv.find((arg) => arg.startsWith('--tags='))?.slice('--tags='.length) ?? usualTags)
  const values = tags * 7 * 86_400
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-audit-scale-'))
  try {
    const { bavail, bsize } = fs.statfsSync(dir)
    const neededGB = (2 * bytesPerValue * values) / 1e9
    if ((bavail * bsize) / 1e9 < neededGB) {
      throw new Error(`${dir} has not the ${neededGB.toFixed(0)} GB that are needed; set TMPDIR to a larger disk.`)
    }
    const where: Where = { dir, file: path.join(dir, 'twin.db'), key: Uint8Array.from(randomBytes(32)) }
    const began = performance.now()
    await fillWeek(where, tags)
    const fillS = (performance.now() - began) / 1000
    const audits: AuditRun[] = []
    for (let run = 0; run < runs; run++) audits.push(await auditWeek(where))
    const dead = Math.floor((tags + deadEvery - 8) / deadEvery)
    const right = audits.every((run) => run.values === values && run.points === tags && run.gateFailing === dead)
    const quick = audits.every(({ auditS, rssPeakMB }) => auditS <= mostS && rssPeakMB <= mostMB)
    const fileMB = fs.statSync(where.file).size / 1e6
    const asked = { seconds: mostS, megabytes: mostMB }
    return { ok: right && quick, report: { tags, values, asked, audits, right, fillS, fileMB } }
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
}
