import { parentPort, workerData } from 'node:worker_threads'
import { openTwinForReading, type TwinFile } from '../store/api.ts'
import { judgeAsset } from './quality-judge.ts'
import type { AssetJob } from './quality-plan.ts'
import type { QualityPartMessage } from './quality-run.ts'

// Worker entry: machines of an audit, one after the other, on a connection of its own.
const twin = openTwinForReading(workerData as TwinFile)
const tell = (message: QualityPartMessage): void => parentPort?.postMessage(message)

parentPort?.on('message', ({ at, job }: { at: number; job: AssetJob }) => {
  judgeAsset(twin, job).then(
    (judged) => tell({ at, judged }),
    (error: unknown) => tell({ failed: error instanceof Error ? error.message : String(error) }),
  )
})
