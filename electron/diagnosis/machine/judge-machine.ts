import type { Finding, Severity } from '../../../shared/domain/analysis.ts'
import type { MachineFacts } from '../../../shared/domain/machine-facts.ts'
import { judgeLevel } from './level.ts'
import { LineReader, type LineSpectrum } from './line-reader.ts'
import { judgeParts } from './part-rules.ts'
import {
  electrical,
  looseness,
  misalignment,
  readShaftLines,
  resonance,
  unbalance,
  type RuleInput,
} from './rotor-rules.ts'

export interface MachineInput {
  readonly spectrum: LineSpectrum
  readonly shaftHz: number
  readonly mainsHz: number
  readonly facts: MachineFacts
  /** 10 Hz to 1000 Hz; NaN where it cannot be taken */
  readonly velocityMmS: number
  readonly severity: Severity
  /** the machine's own usual level; null where none was learned */
  readonly ownVelocityMmS: number | null
}

const rank = { found: 0, possible: 1, absent: 2, 'not-judged': 3 } as const

/** Faults of the machine around the bearing, each with its lines and with why it is named or not; the plainest first. */
export function judgeMachine(machine: MachineInput): Finding[] {
  const { spectrum, shaftHz, mainsHz, velocityMmS } = machine
  const input: RuleInput = {
    reader: new LineReader(spectrum, shaftHz),
    shaftHz,
    mainsHz,
    total: spectrum.toVelocityMmS === null || Number.isNaN(velocityMmS) ? null : velocityMmS,
    level: judgeLevel(velocityMmS, machine.severity, machine.ownVelocityMmS),
  }
  const all = readShaftLines(input)
  // Lines that only one part makes go before patterns of the shaft, which many causes share.
  const findings = [
    ...judgeParts(input, machine.facts),
    electrical(input),
    resonance(input, all),
    looseness(input, all),
    misalignment(input, all),
    unbalance(input, all),
  ]
  return findings.toSorted((a, b) => rank[a.state] - rank[b.state])
}
