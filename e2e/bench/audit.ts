import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { fillWeek } from './audit-twin.ts'
import type { Where } from './store-twin.ts'

/** What the acceptance asks: 5000 tags at 1 Hz over seven days in a minute. */
const wantedTags = 5000
const wantedS = 60

const measured = z.object({
  values: z.number(),
  readValueByValue: z.number(),
  auditS: z.number(),
  auditCpuS: z.number(),
  rssPeakMB: z.number(),
  reportMB: z.number(),
  gateFailing: z.number(),
})

/** `--tags=N`: how many; 200 unless told, which take most of two minutes to write. */
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
    const child = fileURLToPath(new URL('./audit-child.ts', import.meta.url))
    const args = [child, where.file, Buffer.from(where.key).toString('hex')]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    const audit = measured.parse(JSON.parse(stdout))
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
