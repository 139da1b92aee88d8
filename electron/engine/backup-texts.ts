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

export function salvageFailed(why: string): ProblemText {
  return {
    id: 'twin.salvage',
    severity: 'error',
    message: `What the damaged twin held could not be brought back: ${why}`,
    remedy: 'Recording goes on in the new twin. It is tried again at the next start; keep the damaged- folder.',
  }
}

export function twinDamaged(why: string): ProblemText {
  return {
    id: 'twin.damaged',
    severity: 'error',
    message: why,
    remedy:
      'Recording goes on. Settings, Backups, "Repair the twin" keeps what can be proven and lists what is lost; it restarts the engine once or twice.',
  }
}

/** The newest recovery, until somebody has looked: how much is lost, and where the list is. */
export function recovered(message: string): ProblemText {
  return {
    id: 'twin.recovered',
    severity: 'warning',
    message,
    remedy: 'Settings, Backups lists what is lost, by point and time.',
  }
}
