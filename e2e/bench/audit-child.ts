import { runAudit } from '../../electron/engine/quality-run.ts'
import { openTwinForReading } from '../../electron/store/api.ts'
import { startUs } from './audit-plant.ts'

// A process of its own, as the command line is: what writing the twin took must not count as the audit's memory.
const [file = '', hex = ''] = process.argv.slice(2)
const twin = openTwinForReading({ file, key: Uint8Array.from(Buffer.from(hex, 'hex')) })
let rssPeak = process.memoryUsage.rss()
const cpu = process.cpuUsage()
const asked = performance.now()
const request = { fromUs: startUs, toUs: startUs + 7 * 86_400e6 }
const report = await runAudit(twin, request, {
  progress: () => {
    rssPeak = Math.max(rssPeak, process.memoryUsage.rss())
  },
})
const auditS = (performance.now() - asked) / 1000
const { user, system } = process.cpuUsage(cpu)
await twin.close()
const { basis, gate } = report
process.stdout.write(
  JSON.stringify({
    values: basis.values,
    readValueByValue: basis.read,
    auditS,
    auditCpuS: (user + system) / 1e6,
    rssPeakMB: rssPeak / 1e6,
    reportMB: JSON.stringify(report).length / 1e6,
    gateFailing: gate.failing,
  }),
)
