import { createStore, type StoreApi } from 'zustand/vanilla'

/** What linked spectra share. */
export interface SpectrumCursor {
  /** null: nothing placed. */
  hz: number | null
  harmonics: boolean
  /** Distance of the sidebands; null: none. */
  sidebandHz: number | null
  /** Family lit up by the pointer or by a finding. */
  hovered: string | null
}

export type SpectrumCursorStore = StoreApi<SpectrumCursor>

export function createSpectrumCursor(hz: number | null): SpectrumCursorStore {
  return createStore<SpectrumCursor>(() => ({ hz, harmonics: false, sidebandHz: null, hovered: null }))
}
