import fs from 'node:fs'
import { Worker } from 'node:worker_threads'
import { errorOfFailure, TwinError } from '../errors.ts'
import type { Job, JobMessage, JobResult } from './jobs.ts'
import { partSuffix, type JobProgress } from './make.ts'

export type { Job, JobResult } from './jobs.ts'

export interface RunningJob<J extends Job> {
  readonly done: Promise<JobResult<J>>
  progress: () => JobProgress
  /** Ends it within one slice; `done` rejects with `stopped` and nothing half is left under a final name. */
  cancel: () => Promise<void>
}

export function runJob<J extends Job>(entry: URL, job: J): RunningJob<J> {
  const worker = new Worker(entry, { name: `store-${job.kind}`, workerData: job })
  let at: JobProgress = { step: 'copying', done: 0 }
  const done = new Promise<JobResult<J>>((resolve, reject) => {
    worker.on('message', (message: JobMessage) => {
      if (message.t === 'progress') at = message.at
      // The worker answers with the result of the job it was given.
      else if (message.t === 'done') resolve(message.result as JobResult<J>)
      else reject(errorOfFailure(message.failure))
    })
    worker.on('error', reject)
    worker.on('exit', () => reject(new TwinError('stopped', `The ${job.kind} was stopped before it was done.`)))
  })
  // Whoever cancels need not listen.
  done.catch(() => {})
  return {
    done,
    progress: () => at,
    async cancel() {
      await worker.terminate()
      if (job.kind === 'backup') fs.rmSync(job.request.out + partSuffix, { force: true })
    },
  }
}
