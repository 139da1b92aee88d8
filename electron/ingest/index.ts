export {
  createIngest,
  type Freshness,
  type Ingest,
  type IngestBatch,
  type IngestCounters,
  type IngestOptions,
  type PointState,
} from './create-ingest.ts'
export { futureToleranceUs, type IngestPoint } from './points.ts'
export { checkBlock, type BlockFacts } from './block-check.ts'
export type { BlockCounters, BlockVerdict, JudgedBlock } from './blocks.ts'
export type { ScalarCounters } from './scalars.ts'
export { createRing, type RingView, type WaveformRing } from './ring.ts'
export { status as ingestStatus } from './status.ts'
