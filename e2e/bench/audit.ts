import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { runAudit } from '../../electron/engine/quality-run.ts'
import { openTwinForReading } from '../../electron/store/api.ts'
import { startUs } from './audit-plant.ts'
import { fillWeek } from './audit-twin.ts'
import type { Where } from './store-twin.ts'

const weekS = 7 * 86_400
/** What the acceptance asks: 5000 tags at 1 Hz over seven days. */
const wantedTags = 5000

/** `--tags=N`: how many; a week of 500 takes about two minutes to write. */
export async function benchAudit(): Promise<{ metrics: Record<string, unknown>; ratios: Record<string, number> }> {
  const given = process.argv.find((arg) => arg.startsWith('--tags='))?.slice('--tags='.length)
  const tags = Number(given ?? 500)
  if (!Number.isInteger(tags) || tags < 1) throw new RangeError(`--tags=${given}: give a whole number from 1 on.`)
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-bench-audit-'))
  try {
    const where: Where = { dir, file: path.join(dir, 'twin.db'), key: Uint8Array.from(randomBytes(32)) }
    const filling = performance.now()
    await fillWeek(where, tags)
    const fillS = (performance.now() - filling) / 1000
    const twin = openTwinForReading(where)
    let rssPeak = 0
    const cpu = process.cpuUsage()
    const asked = performance.now()
    const request = { fromUs: startUs, toUs: startUs + weekS * 1e6 }
    const report = await runAudit(twin, request, {
      progress: () => {
        rssPeak = Math.max(rssPeak, process.memoryUsage.rss())
      },
    })
    const auditS = (performance.now() - asked) / 1000
    const { user, system } = process.cpuUsage(cpu)
    await twin.close()
    return {
      metrics: {
        tags,
        values: report.basis.values,
        readValueByValue: report.basis.read,
        fillS,
        fileMB: fs.statSync(where.file).size / 1e6,
        auditS,
        auditCpuS: (user + system) / 1e6,
        tagsPerSecond: tags / auditS,
        expectedS5000: (auditS / tags) * wantedTags,
        rssPeakMB: rssPeak / 1e6,
        reportMB: JSON.stringify(report).length / 1e6,
        gateFailing: report.gate.failing,
      },
      ratios: { toSixtySeconds: ((auditS / tags) * wantedTags) / 60 },
    }
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
}
