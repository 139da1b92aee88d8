import { useEffect } from 'react'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { PointValue } from '../../../../shared/protocol/views.ts'
import { bridge } from '../../../bridge/bridge.ts'

/** A window may hold 64 subscriptions in all; more machines than this are never in sight. */
const mostAssets = 24
/** Whoever scrolls past a machine does not ask for it. */
const restMs = 150

/** Present values of the machines in sight, by point. */
const valueStore = createStore<{ values: ReadonlyMap<string, PointValue> }>(() => ({ values: new Map() }))

function keep(values: readonly PointValue[]): void {
  valueStore.setState(({ values: before }) => {
    const now = new Map(before)
    const seen = new Set<string>()
    for (const value of values) {
      // Of a waveform the root mean square stands for the signal; what it has first does where there is none.
      if (seen.has(value.pointId) && value.feature !== 'rms') continue
      seen.add(value.pointId)
      now.set(value.pointId, value)
    }
    return { values: now }
  })
}

/** Follows the machines as long as they are in sight. */
export function useAssetValues(assetIds: readonly string[]): void {
  const key = assetIds.slice(0, mostAssets).join('\n')
  useEffect(() => {
    const stops: (() => void)[] = []
    const timer = setTimeout(() => {
      for (const assetId of key.split('\n').filter(Boolean))
        stops.push(
          bridge.subscribe(
            'machine',
            { assetId },
            (frame) => keep(frame.values),
            () => undefined,
          ),
        )
    }, restMs)
    return () => {
      clearTimeout(timer)
      for (const stop of stops) stop()
    }
  }, [key])
}

export function useValueOf(pointId: string): PointValue | null {
  return useStore(valueStore, ({ values }) => values.get(pointId) ?? null)
}
