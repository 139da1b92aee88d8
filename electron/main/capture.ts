import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserWindow } from 'electron'
import { writeAtomically } from './write-atomically.ts'

/**
 * Screenshots of the window for a start without a display: the first a few seconds after the engine is ready (`ready`),
 * or after 45 s when it does not get ready, and renewed while the story goes on.
 */
export function captureInto(
  folder: string,
  window: BrowserWindow,
  ready: Promise<void>,
  say: (text: string) => void,
): void {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'millwright.png')
  let told = false
  const take = async (): Promise<void> => {
    if (window.isDestroyed()) return
    const image = await window.webContents.capturePage()
    if (image.isEmpty()) return
    writeAtomically(file, image.toPNG(), 0o644)
    if (!told) say(`Screenshot of the window: ${file} (renewed for two minutes)`)
    told = true
  }
  const failed = (error: unknown): void =>
    say(`No screenshot: ${error instanceof Error ? error.message : String(error)}`)
  const timers: NodeJS.Timeout[] = []
  const after = (ms: number, job: () => void): void => {
    timers.push(setTimeout(job, ms))
  }
  window.once('closed', () => timers.forEach((timer) => clearTimeout(timer)))
  let started = false
  const start = (): void => {
    if (started || window.isDestroyed()) return
    started = true
    // Values need a moment to arrive; the later ones show the alert story under way.
    for (const ms of [4000, 10_000, 20_000, 40_000, 80_000, 120_000]) after(ms, () => void take().catch(failed))
  }
  void ready.then(start)
  after(45_000, start)
}
