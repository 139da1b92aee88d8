import type { Gap } from '../../shared/domain/intake.ts'
import type { OutboxStream } from '../../shared/domain/outbox.ts'
import type { Problem } from '../../shared/domain/problem.ts'
import type { DiskLevel } from '../../shared/domain/retention.ts'

/** A problem as the engine words it; the list adds when it began. */
export type ProblemText = Omit<Problem, 'sinceUs'>

export function unexpected(message: string): ProblemText {
  return {
    id: `engine.unexpected:${message}`,
    severity: 'warning',
    message: `Something unexpected happened in the engine: ${message}`,
    remedy: 'Acquisition goes on. If it comes again, send the log to support.',
  }
}

export function advisoryOff(why: string): ProblemText {
  return {
    id: 'advisory.off',
    severity: 'warning',
    message: `Advisory model off: nobody compares the machines with their baselines (${why}).`,
    remedy: 'Limits and their alerts are judged as before. It starts again by itself and takes up what it missed.',
  }
}

export function plantFileRefused(message: string): ProblemText {
  return {
    id: 'plant-file',
    severity: 'error',
    message,
    remedy: 'The last good revision stays in force until the file is mended.',
  }
}

export function twinReplaced(message: string): ProblemText {
  return {
    id: 'twin.replaced',
    severity: 'error',
    message,
    remedy: 'Keep the folder that is named; support can recover what it holds. Recording goes on.',
  }
}

export function engineKilled(gap: Gap): ProblemText {
  const seconds = ((gap.endUs ?? gap.startUs) - gap.startUs) / 1e6
  return {
    id: 'engine.killed',
    severity: 'info',
    message: `The engine ended without a stop and was started again: ${seconds.toFixed(1)} s are missing and recorded as a gap.`,
    remedy: 'Nothing that was committed is lost. If it happens again, look at power, memory and the log.',
  }
}

export function rowQuarantined(
  dataDir: string,
  quarantined: { destinationId: string; stream: OutboxStream; row: { seq: number }; reason: string },
): ProblemText {
  const { destinationId, stream, row, reason } = quarantined
  return {
    id: `sync.quarantine:${destinationId}`,
    severity: 'warning',
    message: `Destination "${destinationId}" will not take row ${row.seq} of ${stream}: ${reason}`,
    remedy: `It was set aside in the folder quarantine of ${dataDir}; the rows after it go on.`,
  }
}

/** `id` tells ticks from alert rows: each clears on its own. */
export function twinRefuses(
  id: 'twin.ticks' | 'twin.alerts' | 'twin.audit' | 'twin.server-alarms',
  error: unknown,
): ProblemText {
  const why = error instanceof Error ? error.message : typeof error === 'string' ? error : 'no reason given'
  return {
    id,
    severity: 'error',
    message: `The twin does not take what is recorded: ${why}`,
    remedy:
      'Make room on the disk of the data folder. Values wait in memory meanwhile; what does not fit is recorded as a gap.',
  }
}

export function compactionStuck(why: string): ProblemText {
  return {
    id: 'twin.compaction',
    severity: 'warning',
    message: `The twin cannot be compacted: ${why}`,
    remedy: 'Recording goes on and nothing is lost. Run millwright verify; it names what is damaged.',
  }
}

export function capturesRefused(why: string, count: number): ProblemText {
  return {
    id: 'captures.refused',
    severity: 'warning',
    message: `${count === 1 ? 'One waveform was' : `${count} waveforms were`} not stored: ${why}`,
    remedy: 'Alarms and values are recorded all the same. When there is room, captures go on by themselves.',
  }
}

export function retentionHeld(why: string): ProblemText {
  return {
    id: 'twin.retention',
    severity: 'warning',
    message: why,
    remedy: 'Allow more in the plant file under retention, let destinations catch up, or end what holds it.',
  }
}

const diskDoes: Record<Exclude<DiskLevel, 'ok'>, string> = {
  warn: 'Everything is recorded.',
  thin: 'Retention removes more than the plant file asks: older waveforms that nobody pinned, then older values.',
  captures: 'No waveforms are stored any more. Values, features and alerts are.',
  values: 'Only alerts, gaps and deliveries are stored; values and features wait in memory.',
}

/** One problem that grows and shrinks with the level. Whole percents, so that it does not change with every look. */
export function diskProblem(level: Exclude<DiskLevel, 'ok'>, freeBytes: number, totalBytes: number): ProblemText {
  const percent = totalBytes > 0 ? Math.floor((freeBytes / totalBytes) * 100) : 0
  return {
    id: 'disk',
    severity: level === 'warn' || level === 'thin' ? 'warning' : 'error',
    message: `The disk of the data folder is nearly full: ${percent < 1 ? 'less than 1' : percent} % is free. ${diskDoes[level]}`,
    remedy: 'Make room on it, or move the data folder to a larger one. Everything then goes on by itself.',
  }
}
