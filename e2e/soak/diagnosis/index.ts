import fs from 'node:fs'
import path from 'node:path'
import { createTransforms } from '../../../electron/dsp/envelope.ts'
import { createFft } from '../../../electron/dsp/fft.ts'
import { readFftBytes } from '../../../electron/engine/resources.ts'
import { root } from '../../bench/children.ts'
import { recordsPage, type DiagnosisReport } from './pages.ts'
import { runRecords, type RecordRun } from './record-runs.ts'
import { runStress } from './stress-runs.ts'
import { runNormals, runSeeded } from './synthetic-runs.ts'

const healthyRecords = 1000
const seededRecords = 20
const quiet = ['normal', 'undecided', 'not-running', 'unknown-fault']

/** A fault named that is not there, or a diagnosable one that was missed. */
function isWrong({ id, truth, grade, verdict, disguised }: RecordRun): boolean {
  const accused = !quiet.includes(verdict) && verdict !== truth
  // Fan-end records and those at 48 kHz carry no grade of their own; gear records no numbers to judge gears by.
  const isDiagnosable =
    truth !== 'gear' && (grade === null ? !id.startsWith('cwru') && !id.startsWith('gfd') : grade.startsWith('Y'))
  const isFault = (one: string): boolean => !quiet.includes(one)
  const turned = disguised.some((one) => one !== verdict && (isFault(one) || isFault(verdict)))
  return accused || turned || (isDiagnosable && verdict !== truth)
}

/** Every recording with its verdict, healthy machines for false alarms, seeded faults at stated signal-to-noise ratios. */
export async function diagnosisSoak(seed: number): Promise<{ ok: boolean; report: object }> {
  const transforms = createTransforms(await createFft(readFftBytes()))
  const folder = path.join(root, '..', 'shared', 'data')
  const records = runRecords(transforms, folder)
  const stress = runStress(transforms, folder, seed)
  const normals = runNormals(transforms, seed, healthyRecords)
  const seeded = runSeeded(transforms, seed, seededRecords)
  const report: DiagnosisReport = { records, stress, normals, seeded }
  fs.writeFileSync(path.join(root, 'docs', 'measurements', 'diagnosis-records.md'), recordsPage(report))
  const wrong = (records ?? []).filter((one) => isWrong(one)).map((one) => one.id)
  const accused = (stress ?? []).flatMap((one) => one.accused)
  const ok = wrong.length === 0 && accused.length === 0 && normals.faults.length === 0
  return { ok, report: { wrong, ...report } }
}
