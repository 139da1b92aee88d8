import { createStore, type StoreApi } from 'zustand/vanilla'

/** What linked plots share: one place in frequency, one in the time of a waveform, one in the time of the plant. */
export interface SpectrumCursor {
  /** null: nothing placed. */
  hz: number | null
  /** Other end of a difference. */
  refHz: number | null
  harmonics: boolean
  /** Distance of the sidebands; null: none. */
  sidebandHz: number | null
  /** Width of the moving band whose RMS is read; null: none. */
  bandHz: number | null
  /** Family lit up by the pointer or by a finding. */
  hovered: string | null
  /** Seconds from the first sample of a stored waveform. */
  seconds: number | null
  /** Other end of a selection. */
  refSeconds: number | null
  /** In trends and maps. */
  tUs: number | null
}

export type SpectrumCursorStore = StoreApi<SpectrumCursor>

export function createSpectrumCursor(hz: number | null): SpectrumCursorStore {
  return createStore<SpectrumCursor>(() => ({
    hz,
    refHz: null,
    harmonics: false,
    sidebandHz: null,
    bandHz: null,
    hovered: null,
    seconds: null,
    refSeconds: null,
    tUs: null,
  }))
}
