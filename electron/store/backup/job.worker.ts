import { parentPort, workerData } from 'node:worker_threads'
import { failureOf } from '../errors.ts'
import { stepsOf, type Job, type JobMessage } from './jobs.ts'

// Worker entry: one job, on a thread of its own, so that neither a commit nor a question waits for it.
const job = workerData as Job
const tell = (message: JobMessage): void => parentPort?.postMessage(message)

try {
  const steps = stepsOf(job)
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) {
      tell({ t: 'done', result: step.value })
      break
    }
    tell({ t: 'progress', at: step.value })
  }
} catch (error) {
  tell({ t: 'failed', failure: failureOf(error, job.kind) })
}
