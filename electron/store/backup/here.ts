import fs from 'node:fs'
import { get, openForReading } from '../database.ts'
import { takeLock } from '../open-file.ts'
import type { BackupFacts } from './bundle.ts'
import { makeBackup, type BackupRequest, type JobProgress } from './make.ts'
import { orderSwap, stageRestore, swapIn, type RestoreRequest } from './restore.ts'

function run<T>(steps: Generator<JobProgress, T>, progress: (at: JobProgress) => void): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    progress(step.value)
  }
}

/** For the command line, in this thread: beside a running engine or without one. */
export function backUpHere(request: BackupRequest, progress: (at: JobProgress) => void): BackupFacts {
  return run(makeBackup(request), progress)
}

/**
 * The whole restore, for the command line: refused with `in-use` while an engine has the data folder. The data folder is made
 * when it is not there. Returns where the present twin was moved to, if there was one.
 */
export function restoreHere(
  request: RestoreRequest,
  progress: (at: JobProgress) => void,
): { facts: BackupFacts; aside: string | null } {
  const release = takeLock(request.file, fs.existsSync(request.from))
  try {
    // One that was cut half-way comes first.
    swapIn(request.file)
    const staged = run(stageRestore(request), progress)
    orderSwap(request.file, staged)
    return { facts: staged.facts, aside: swapIn(request.file) }
  } finally {
    release()
  }
}

/** The configuration that was last in force in a twin; null when it never had one. */
export function lastConfig(file: string, key: Uint8Array | null): string | null {
  const db = openForReading(file, key)
  try {
    const sql = 'SELECT t.text FROM config_revision r JOIN config_text t USING (hash) ORDER BY r.id DESC LIMIT 1'
    return get<{ text: string }>(db, sql)?.text ?? null
  } finally {
    db.close()
  }
}
