import { meter } from './meter.ts'

/** Draws what changed; answers whether anything live was drawn, which is what the meter counts. */
type Drawer = (nowMs: number) => boolean

const drawers = new Set<Drawer>()
let running = false

function frame(): void {
  if (drawers.size === 0) {
    running = false
    return
  }
  requestAnimationFrame(frame)
  const startMs = performance.now()
  let live = false
  for (const draw of drawers) live = draw(startMs) || live
  // uPlot draws in a microtask; this one is queued after all of them.
  if (live) queueMicrotask(() => meter.drawn(performance.now() - startMs))
}

/** One animation-frame loop for all plots; it rests while there are none. Answers how to leave it. */
export function joinFrameLoop(draw: Drawer): () => void {
  drawers.add(draw)
  if (!running) {
    running = true
    requestAnimationFrame(frame)
  }
  return () => drawers.delete(draw)
}
