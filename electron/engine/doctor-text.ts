import type { DoctorReport, DoctorStep } from '../../shared/domain/doctor.ts'

const marks = { pass: 'ok     ', fail: 'FAILED ', skipped: 'skipped' } as const

/** The report for a person at a terminal: a step as it is done, and the last line. */
export const doctorText = {
  step({ name, result, detail, meaning, remedy }: DoctorStep): string {
    const lines = [`${marks[result]} ${name}: ${detail}`]
    if (result === 'fail') lines.push(`        ${meaning}`)
    if (remedy !== null) lines.push(`        remedy: ${remedy}`)
    return `${lines.join('\n')}\n`
  },
  end(report: DoctorReport): string {
    return report.ok ? 'No fault was found.\n' : `The first fault: ${report.firstFault}.\n`
  },
}
