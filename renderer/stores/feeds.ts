import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { Failure } from '../../shared/domain/problem.ts'
import type { MethodResult } from '../../shared/protocol/methods.ts'
import type { AlertsFrame, OverviewFrame, StatusFrame } from '../../shared/protocol/views.ts'
import { bridge } from '../bridge/bridge.ts'
import { connectionStore } from '../bridge/connection-store.ts'
import { failureOf } from './topic.ts'

/** What the frame of the window always shows; pages read the same copies instead of subscribing again. */
export interface Feeds {
  alerts: AlertsFrame | null
  status: StatusFrame | null
  overview: OverviewFrame | null
  /** The plant file in force; read again whenever its hash changes. */
  plant: MethodResult<'plant.get'> | null
  plantFailure: Failure | null
}

export const feedStore = createStore<Feeds>(() => ({
  alerts: null,
  status: null,
  overview: null,
  plant: null,
  plantFailure: null,
}))

let readingHash: string | null = null

async function readPlant(configHash: string): Promise<void> {
  if (readingHash === configHash) return
  readingHash = configHash
  try {
    const plant = await bridge.call('plant.get', {})
    // A newer revision may have been asked for meanwhile; its answer comes later and must not be overwritten.
    if (readingHash === configHash) feedStore.setState({ plant, plantFailure: null })
  } catch (error) {
    if (readingHash === configHash) readingHash = null
    feedStore.setState({ plantFailure: failureOf(error) })
  }
}

export function startFeeds(): () => void {
  const stops = [
    bridge.subscribe('alerts', {}, (alerts) => feedStore.setState({ alerts })),
    bridge.subscribe('overview', {}, (overview) => feedStore.setState({ overview })),
    bridge.subscribe('status', {}, (status) => {
      feedStore.setState({ status })
      void readPlant(status.configHash)
    }),
    connectionStore.subscribe((now, before) => {
      if (now.client.kind !== 'live' && before.client.kind === 'live') readingHash = null
    }),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

export function useFeed<S>(select: (feeds: Feeds) => S): S {
  return useStore(feedStore, select)
}

/** Time zone of the plant, which every time on the screen is told in. UTC until the plant is known. */
export function useTimeZone(): string {
  return useFeed((feeds) => feeds.overview?.timeZone ?? feeds.plant?.plant.plant.timeZone ?? 'UTC')
}
