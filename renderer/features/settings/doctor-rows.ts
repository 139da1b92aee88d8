import { type ConnectionStep, connectionSteps, type DoctorStep } from '../../../shared/domain/doctor.ts'

export interface DoctorRow {
  name: ConnectionStep
  state: DoctorStep['result'] | 'running' | 'waiting'
  step: DoctorStep | null
}

/** Every step from the start on, so that the list fills in and nothing jumps. */
export function doctorRows(steps: readonly DoctorStep[], done: boolean): DoctorRow[] {
  const next = connectionSteps.find((name) => !steps.some((step) => step.name === name))
  return connectionSteps.map((name) => {
    const step = steps.find((candidate) => candidate.name === name) ?? null
    return { name, state: step?.result ?? (name === next && !done ? 'running' : 'waiting'), step }
  })
}

/** Null while it runs; `step` is null when nothing failed. */
export function doctorVerdict(steps: readonly DoctorStep[], done: boolean): { step: ConnectionStep | null } | null {
  if (!done) return null
  const first = steps.find(({ result }) => result === 'fail')
  return { step: connectionSteps.find((name) => name === first?.name) ?? null }
}
