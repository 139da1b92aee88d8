export { createSync, type DrainResult, type Sync, type SyncOptions } from './create-sync.ts'
export { DeliveryError, type Batch, type Destination, type Receipt } from './destination.ts'
export type { FolderIo } from './folder-io.ts'
export type { Quarantined } from './worker.ts'
