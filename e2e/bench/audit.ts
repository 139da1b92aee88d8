import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { auditWeek } from './audit-process.ts'
import { fillWeek } from './audit-twin.ts'
import type { Where } from './store-twin.ts'

/** What the acceptance asks: 5000 tags at 1 Hz over seven days in a minute. */
const wantedTags = 5000
const wantedS = 60

/** `--tags=N`: how many; 200 unless told, which take half a minute to write. */
export async function benchAudit(): Promise<{ metrics: Record<string, unknown>; ratios: Record<string, number> }> {
  const given = process.argv.find((arg) => arg.startsWith('--tags='))?.slice('--tags='.length)
  const tags = Number(given ?? 200)
  if (!Number.isInteger(tags) || tags < 1) throw new RangeError(`--tags=${given}: give a whole number from 1 on.`)
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-bench-audit-'))
  try {
    const where: Where = { dir, file: path.join(dir, 'twin.db'), key: Uint8Array.from(randomBytes(32)) }
    const filling = performance.now()
    await fillWeek(where, tags)
    const fillS = (performance.now() - filling) / 1000
    const audit = await auditWeek(where)
    const expectedS = (audit.auditS / tags) * wantedTags
    return {
      metrics: {
        tags,
        ...audit,
        fillS,
        fileMB: fs.statSync(where.file).size / 1e6,
        tagsPerSecond: tags / audit.auditS,
        expectedS5000: expectedS,
        expectedCpuS5000: (audit.auditCpuS / tags) * wantedTags,
      },
      ratios: { toSixtySeconds: expectedS / wantedS },
    }
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
}
