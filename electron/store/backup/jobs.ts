import type { Failure } from '../../../shared/domain/problem.ts'
import type { BackupFacts } from './bundle.ts'
import { makeBackup, type BackupRequest, type JobProgress } from './make.ts'
import { stageRestore, type RestoreRequest, type Staged } from './restore.ts'

/** Work that takes as long as reading the whole twin. */
export type Job = { kind: 'backup'; request: BackupRequest } | { kind: 'stage'; request: RestoreRequest }

export type JobResult<J extends Job> = J extends { kind: 'backup' } ? BackupFacts : Staged

export type JobMessage =
  | { t: 'progress'; at: JobProgress }
  | { t: 'done'; result: BackupFacts | Staged }
  | { t: 'failed'; failure: Failure }

export function stepsOf(job: Job): Generator<JobProgress, BackupFacts | Staged> {
  return job.kind === 'backup' ? makeBackup(job.request) : stageRestore(job.request)
}
