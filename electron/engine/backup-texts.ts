import type { ProblemText } from './problem-texts.ts'

export function backupFailed(why: string): ProblemText {
  return {
    id: 'backup.failed',
    severity: 'warning',
    message: `The daily backup was not made: ${why}`,
    remedy: 'Recording goes on. It is tried again in an hour; Settings, Backups makes one now.',
  }
}

export function backupOverdue(lastUs: number): ProblemText {
  return {
    id: 'backup.overdue',
    severity: 'warning',
    message: `The last backup of the twin is of ${new Date(lastUs / 1000).toISOString()}; one a day is due.`,
    remedy: 'Look at the disk of the backup folder, then make one in Settings, Backups or with millwright backup.',
  }
}
