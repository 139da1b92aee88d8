import type { Failure } from '../../../shared/domain/problem.ts'
import type { BackupFacts } from './bundle.ts'
import { makeBackup, type BackupRequest, type JobProgress } from './make.ts'
import { salvage, type Salvaged, type SalvageRequest } from '../salvage/salvage.ts'
import { stageRestore, type RestoreRequest, type Staged } from './restore.ts'

/** Work that takes as long as reading the whole twin. */
export type Job =
  | { kind: 'backup'; request: BackupRequest }
  | { kind: 'stage'; request: RestoreRequest }
  | { kind: 'salvage'; request: SalvageRequest }

export type JobResult<J extends Job> = J extends { kind: 'backup' }
  ? BackupFacts
  : J extends { kind: 'stage' }
    ? Staged
    : Salvaged

export type JobMessage =
  | { t: 'progress'; at: JobProgress }
  | { t: 'done'; result: JobResult<Job> }
  | { t: 'failed'; failure: Failure }

export function stepsOf(job: Job): Generator<JobProgress, JobResult<Job>> {
  if (job.kind === 'backup') return makeBackup(job.request)
  return job.kind === 'stage' ? stageRestore(job.request) : salvage(job.request)
}
