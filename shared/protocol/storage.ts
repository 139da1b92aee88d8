import type { TierCaps } from '../domain/plant-captures.ts'
import type { DiskState, Removal, RetentionState, StorageState } from '../domain/retention.ts'

/** What is kept, how long it may be, how full the disk is and what is done about it. */
export interface StorageView {
  disk: DiskState
  caps: TierCaps
  storage: StorageState
  retention: RetentionState
  /** Newest first. */
  removals: Removal[]
}
