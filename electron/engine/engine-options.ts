import type { LinkState } from '../../shared/domain/intake.ts'
import type { Clock } from '../../shared/domain/time.ts'
import type { Tick, TickReceipt } from '../../shared/domain/twin.ts'

export interface EngineOptions {
  dataDir: string
  plantFile: string
  /** 32 bytes. */
  key: Uint8Array
  clock: Clock
  /** A state change of a link, for the log. */
  onLink(state: LinkState): void
  /** Folder destinations changed: the permission model has to be granted anew, by a restart. */
  onRestartNeeded(reason: string): void
  /** A fault the engine cannot go on with. */
  onFatal(error: Error): void
  /** Every commit, for tests that hold the engine to it. */
  onReceipt?: (tick: Tick, receipt: TickReceipt) => void
  /** What windows show has changed. */
  onChanged(what: 'tick' | 'alerts' | 'status' | 'plant'): void
}
