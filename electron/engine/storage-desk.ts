import { tierCaps } from '../../shared/domain/plant-captures.ts'
import { limits } from '../../shared/domain/limits.ts'
import { streamsOf } from '../../shared/domain/outbox.ts'
import type { PlantFile } from '../../shared/domain/plant-file.ts'
import type { DiskState, RetentionOrder, RetentionState, StorageState } from '../../shared/domain/retention.ts'
import type { Clock } from '../../shared/domain/time.ts'
import type { StorageView } from '../../shared/protocol/storage.ts'
import type { Twin } from '../store/api.ts'
import { DiskGuard, type DiskGuardDependencies } from './disk-guard.ts'
import { diskProblem, retentionHeld, type ProblemText } from './problem-texts.ts'

export interface StorageDeskDependencies {
  dataDir: string
  twin: Pick<Twin, 'retain' | 'retention' | 'storage' | 'removals'>
  clock: Clock
  plant(): PlantFile
  /** Why no captures are taken; null when they are. */
  pauseCaptures(why: string | null): void
  raise(problem: ProblemText): void
  clear(id: string): void
  report(error: unknown): void
  readDisk?: DiskGuardDependencies['readDisk']
}

const orderEveryMs = 60_000
const underPressureMs = 10_000

/** Holds the twin to the plant file's retention and to the room on its disk. */
export class StorageDesk {
  readonly guard: DiskGuard
  readonly #deps: StorageDeskDependencies
  #orderedMs = -Infinity
  #ordering: Promise<void> = Promise.resolve()

  constructor(deps: StorageDeskDependencies) {
    this.#deps = deps
    this.guard = new DiskGuard({
      dataDir: deps.dataDir,
      clock: deps.clock,
      changed: (state) => this.#diskChanged(state),
      report: (error) => deps.report(error),
      ...(deps.readDisk ? { readDisk: deps.readDisk } : {}),
    })
  }

  /** Whether values and features go to the twin as they come. */
  get recording(): boolean {
    return !this.guard.reaches('values')
  }

  start(): void {
    this.guard.start()
  }

  close(): Promise<void> {
    this.guard.close()
    return this.#ordering
  }

  /** About every second. */
  everySecond(): void {
    const every = this.guard.reaches('thin') ? underPressureMs : orderEveryMs
    if (this.#deps.clock.monotonicMs() - this.#orderedMs < every) return
    this.order()
  }

  /** At once: a new plant file is in force. */
  order(): void {
    this.#orderedMs = this.#deps.clock.monotonicMs()
    this.#ordering = this.#ordering.then(() => this.#order()).catch((error: unknown) => this.#deps.report(error))
  }

  async view(): Promise<StorageView> {
    const { twin } = this.#deps
    const [storage, retention, removals] = await Promise.all([twin.storage(), twin.retention(), twin.removals(50)])
    return { disk: this.guard.state, caps: tierCaps(this.#deps.plant().retention), storage, retention, removals }
  }

  async #order(): Promise<void> {
    const { twin, clock } = this.#deps
    const plant = this.#deps.plant()
    const shrink = this.guard.reaches('thin')
    const order: RetentionOrder = {
      nowUs: clock.nowUs(),
      caps: tierCaps(plant.retention),
      destinations: plant.sync.map(({ id, lane }) => ({ id, streams: streamsOf(lane) })),
      wantedBytes: shrink ? wantedBytes(this.guard.state, await twin.storage()) : 0,
      shrink,
    }
    await twin.retain(order)
    this.#tell(await twin.retention())
  }

  #tell({ held, problem }: RetentionState): void {
    const why = problem ?? held.join(' ')
    if (why === '') this.#deps.clear('twin.retention')
    else this.#deps.raise(retentionHeld(why))
  }

  #diskChanged(state: DiskState): void {
    const { level, freeBytes, totalBytes } = state
    if (level === 'ok') this.#deps.clear('disk')
    else this.#deps.raise(diskProblem(level, freeBytes ?? 0, totalBytes ?? 0))
    this.#deps.pauseCaptures(this.guard.reaches('captures') ? 'the disk of the data folder is nearly full.' : null)
  }
}

/** Until the disk is as free as it is warned of, counting what the file has free within. */
function wantedBytes({ totalBytes, freeBytes }: DiskState, storage: StorageState): number {
  if (totalBytes === null || freeBytes === null) return 0
  return Math.max(0, Math.round(totalBytes * limits.disk.warn * limits.disk.leaveAt - freeBytes - storage.freeBytes))
}
