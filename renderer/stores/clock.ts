import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'

const clockStore = createStore<{ nowUs: number }>(() => ({ nowUs: Date.now() * 1000 }))

/** One timer for every age on the screen, on the whole second so that all of them step together. Returns how to stop. */
export function startClock(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const tick = (): void => {
    clockStore.setState({ nowUs: Date.now() * 1000 })
    timer = setTimeout(tick, 1000 - (Date.now() % 1000))
  }
  tick()
  return () => clearTimeout(timer)
}

/** Wall clock, Unix microseconds, once a second. */
export function useNowUs(): number {
  return useStore(clockStore, (state) => state.nowUs)
}
