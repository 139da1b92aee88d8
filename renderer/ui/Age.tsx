import type { TimeUs } from '../../shared/domain/time.ts'
import { useNowUs } from '../stores/clock.ts'
import { formatAge } from './format.ts'

/** Age in words, stepping once a second with every other age on the screen. */
export function Age({ tUs }: { tUs: TimeUs | null }) {
  return <span className="age">{formatAge(tUs, useNowUs())}</span>
}
