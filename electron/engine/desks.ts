import type { Clock } from '../../shared/domain/time.ts'
import type { Twin } from '../store/api.ts'
import { AccessDesk } from './access-desk.ts'
import { AuditDesk } from './audit-desk.ts'

/** The desks that must be there before the engine is, since everything it does is somebody's. */
export interface Desks {
  audit: AuditDesk
  access: AccessDesk
  /** The twin refuses entries of the trail; null: no more. Set when there is somebody to tell. */
  told: (problem: string | null) => void
}

export async function openDesks(twin: Twin, clock: Clock): Promise<Desks> {
  const audit = new AuditDesk({
    append: (entries) => twin.appendAudit(entries),
    nowUs: () => clock.nowUs(),
    stuck: (message) => desks.told(message),
  })
  const desks: Desks = { audit, access: await AccessDesk.open(twin, audit, clock), told: () => {} }
  return desks
}
