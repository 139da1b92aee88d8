import type { Point } from './plant-file.ts'

type Named = Pick<Point, 'id' | 'pairPointId'>

/** The probe across a point: the one it names, or the one that names it. */
export function pairOf<P extends Named>(points: readonly P[], point: Named): P | undefined {
  return points.find(({ id }) => id === point.pairPointId) ?? points.find(({ pairPointId }) => pairPointId === point.id)
}

/** The waveform that holds a pulse a turn for a point or its pair. */
export function pulseOf<P extends Pick<Point, 'id' | 'kind' | 'tachoPointId' | 'pairPointId'>>(
  points: readonly P[],
  point: Named & Pick<Point, 'tachoPointId'>,
): P | undefined {
  const pair = pairOf(points, point)
  const named = [point.tachoPointId, pair?.tachoPointId]
  return points.find(({ id, kind }) => kind === 'waveform' && id !== point.id && named.includes(id))
}
