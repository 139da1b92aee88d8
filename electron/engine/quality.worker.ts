import { parentPort, workerData } from 'node:worker_threads'
import { openTwinForReading } from '../store/api.ts'
import { auditCacheMb, runAudit } from './quality-run.ts'
import type { QualityJob, QualityMessage } from './quality-desk.ts'

// Worker entry: one audit on a connection and a thread of its own, so that neither a commit nor a question waits for it.
const { file, key, request } = workerData as QualityJob
const tell = (message: QualityMessage): void => parentPort?.postMessage(message)

try {
  const twin = openTwinForReading({ file, key, cacheMb: auditCacheMb })
  let toldMs = 0
  try {
    const report = await runAudit(twin, request, {
      progress: (done, total) => {
        if (performance.now() - toldMs < 200 && done < total) return
        toldMs = performance.now()
        tell({ t: 'progress', done, total })
      },
    })
    tell({ t: 'done', report })
  } finally {
    await twin.close()
  }
} catch (error) {
  tell({ t: 'failed', message: error instanceof Error ? error.message : String(error) })
}
