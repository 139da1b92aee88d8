import { useEffect, useState } from 'react'
import { mapRowsAtOnce } from '../../../shared/protocol/plots.ts'
import { bridge } from '../../bridge/bridge.ts'
import type { MapData, MapRowInfo } from '../../charts/index.ts'
import { failureOf, useStable } from '../../stores/topic.ts'
import { usualSettings } from './desk-model.ts'

export interface MapAsked {
  pointId: string
  kind: 'spectrum' | 'envelope'
  count: number
  lines: number
  topHz: number | null
}

export interface MapState {
  data: MapData | null
  rows: readonly MapRowInfo[]
  unit: string
  progress: { done: number; total: number } | null
  failure: string | null
}

const nothing: MapState = { data: null, rows: [], unit: '', progress: null, failure: null }
/** How far back a map looks; the number of spectra is what limits it. */
const farBackUs = 20 * 366 * 86_400e6

/** Spectra of the newest captures of a point, some at a time, so that the plot fills while it can already be read. */
export function useMap(asked: MapAsked): MapState {
  const wanted = useStable(asked)
  const [held, setHeld] = useState<{ of: unknown; state: MapState }>({ of: null, state: nothing })
  useEffect(() => {
    const stop = new AbortController()
    const tell = (state: MapState): void => {
      if (!stop.signal.aborted) setHeld({ of: wanted, state })
    }
    read(wanted, stop.signal, tell).catch((error: unknown) => tell({ ...nothing, failure: failureOf(error).message }))
    return () => stop.abort()
  }, [wanted])
  return held.of === wanted ? held.state : { ...nothing, progress: { done: 0, total: 0 } }
}

async function read(asked: MapAsked, signal: AbortSignal, tell: (state: MapState) => void): Promise<void> {
  const { pointId, kind, count, lines, topHz } = asked
  const toUs = Date.now() * 1000 + 3600e6
  const { captures } = await bridge.call(
    'capture.between',
    { pointId, fromUs: toUs - farBackUs, toUs, limit: count },
    { signal },
  )
  const ids = captures.map(({ id }) => id)
  const total = ids.length
  const rows: MapRowInfo[] = []
  let data: MapData | null = null
  let unit = ''
  for (let from = 0; from < total; from += mapRowsAtOnce) {
    const captureIds = ids.slice(from, from + mapRowsAtOnce)
    const settings = { ...usualSettings, lines, kind, topHz }
    const map = await bridge.call('plot.map', { captureIds, ...settings }, { signal })
    if (map.lines > 0 && !data)
      data = {
        rows: 0,
        lines: map.lines,
        resolutionHz: map.resolutionHz,
        amplitude: new Float32Array(total * map.lines).fill(Number.NaN),
      }
    const fits = data && Math.abs(map.resolutionHz / data.resolutionHz - 1) < 1e-6 && map.lines === data.lines
    if (data && fits) data.amplitude.set(map.amplitude, rows.length * data.lines)
    if (unit === '') unit = map.unit
    rows.push(...map.rows.map(({ captureId, tUs, rpm, refused }) => ({ captureId, tUs, rpm, refused })))
    const done = Math.min(total, from + mapRowsAtOnce)
    const shown = data && { ...data, rows: rows.length }
    tell({ data: shown, rows: [...rows], unit, progress: done < total ? { done, total } : null, failure: null })
  }
  if (total === 0) tell(nothing)
}
