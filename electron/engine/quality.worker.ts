import { parentPort, workerData } from 'node:worker_threads'
import { openTwinForReading } from '../store/api.ts'
import { auditCacheMb, runAudit, runAuditInThreads } from './quality-run.ts'
import type { QualityJob, QualityMessage } from './quality-thread.ts'

// Worker entry: one audit on a connection and a thread of its own, so that neither a commit nor a question waits for it.
const { file, key, request, threads } = workerData as QualityJob
const tell = (message: QualityMessage): void => parentPort?.postMessage(message)

try {
  const where = { file, key, cacheMb: auditCacheMb }
  const twin = openTwinForReading(where)
  let toldMs = 0
  const progress = (done: number, total: number): void => {
    if (performance.now() - toldMs < 200 && done < total) return
    toldMs = performance.now()
    tell({ t: 'progress', done, total })
  }
  try {
    const report = await (threads === 1
      ? runAudit(twin, request, { progress })
      : runAuditInThreads(twin, where, request, { progress }))
    tell({ t: 'done', report })
  } finally {
    await twin.close()
  }
} catch (error) {
  tell({ t: 'failed', message: error instanceof Error ? error.message : String(error) })
}
