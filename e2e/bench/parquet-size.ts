import { ParquetHistory, type SampleRows } from '../../electron/files/parquet-history.ts'
import type { ScalarColumns } from '../../shared/domain/intake.ts'

/**
 * Bytes a sample of the same data as `millwright export --format parquet` writes it: a file per point, zstd, source and server
 * time in nanoseconds, value, status. Receive times are not in it. Only points with keys up to `lastKey` are written: twenty of
 * the mix are four of each kind, and a row group of each is held in memory.
 */
export function parquetBytesPerSample(batches: Iterable<ScalarColumns>, lastKey = 20): number {
  const files = new Map<number, ParquetHistory>()
  let bytes = 0
  let samples = 0
  for (const batch of batches) {
    for (const [pointKey, rows] of rowsByPoint(batch, lastKey)) {
      let file = files.get(pointKey)
      if (!file) {
        const sink = (piece: Uint8Array): void => void (bytes += piece.byteLength)
        const options = { kind: 'samples', pointId: `p${pointKey}`, createdBy: 'bench', sink } as const
        files.set(pointKey, (file = new ParquetHistory(options)))
      }
      file.append(rows)
      samples += rows.value.length
    }
  }
  for (const file of files.values()) file.finish()
  return bytes / samples
}

function rowsByPoint(batch: ScalarColumns, lastKey: number): Map<number, SampleRows> {
  const places = new Map<number, number[]>()
  for (let i = 0; i < batch.count; i++) {
    const key = batch.pointKey[i] ?? 0
    if (key > lastKey) continue
    const rows = places.get(key)
    if (rows) rows.push(i)
    else places.set(key, [i])
  }
  const of = <T extends Float64Array | Uint8Array | Uint32Array>(to: T, from: T, rows: number[]): T => {
    for (const [at, row] of rows.entries()) to[at] = from[row] ?? 0
    return to
  }
  return new Map(
    [...places].map(([key, rows]) => [
      key,
      {
        kind: 'samples',
        sourceUs: of(new Float64Array(rows.length), batch.sourceUs, rows),
        sourceTick: of(new Uint8Array(rows.length), batch.sourceTick, rows),
        serverUs: of(new Float64Array(rows.length), batch.serverUs, rows),
        value: of(new Float64Array(rows.length), batch.value, rows),
        status: of(new Uint32Array(rows.length), batch.status, rows),
      },
    ]),
  )
}
