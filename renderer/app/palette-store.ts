import { createStore } from 'zustand/vanilla'

export const paletteStore = createStore<{ open: boolean }>(() => ({ open: false }))
