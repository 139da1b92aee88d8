/** From so many block lengths on, blocks are single ones with time between them; anything less is a block that was left out. */
export const leastSnapshotPause = 2

interface Blocks {
  blockSize?: number | undefined
  sampleRateHz: number
  updateCadenceMs: number
}

/**
 * Blocks of most waveforms are laid end to end. A wireless sensor takes one an hour: between its snapshots nothing is due. The
 * cadence from one to the next, microseconds; null where blocks follow each other.
 */
export function snapshotCadenceUs({ blockSize, sampleRateHz, updateCadenceMs }: Blocks): number | null {
  if (blockSize === undefined) return null
  const spanMs = (blockSize * 1000) / sampleRateHz
  return updateCadenceMs >= leastSnapshotPause * spanMs ? updateCadenceMs * 1000 : null
}
