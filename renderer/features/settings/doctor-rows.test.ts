import { describe, expect, it } from 'vitest'
import language from '../../../resources/lang/en.json' with { type: 'json' }
import { connectionSteps, type DoctorStep, stepWords } from '../../../shared/domain/doctor.ts'
import { doctorRows, doctorVerdict } from './doctor-rows.ts'

const step = (name: string, result: DoctorStep['result']): DoctorStep => ({
  name,
  result,
  detail: 'd',
  meaning: 'm',
  remedy: null,
  tookMs: 1,
})

describe('the list of a check', () => {
  it('has every step from the start on and shows which one runs', () => {
    const rows = doctorRows([step('dns', 'pass')], false)
    expect(rows.map(({ name }) => name)).toEqual([...connectionSteps])
    expect(rows.slice(0, 3).map(({ state }) => state)).toEqual(['pass', 'running', 'waiting'])
    expect(doctorRows([], true)[0]?.state).toBe('waiting')
  })

  it('calls each step what the sentences of the check call it', () => {
    expect(language.doctor.step).toEqual(stepWords)
  })

  it('names the first fault, and only at the end', () => {
    const steps = [step('dns', 'pass'), step('tcp', 'fail'), step('hello', 'skipped')]
    expect(doctorVerdict(steps, false)).toBeNull()
    expect(doctorVerdict(steps, true)).toEqual({ step: 'tcp' })
    expect(doctorVerdict([step('dns', 'pass')], true)).toEqual({ step: null })
  })
})
