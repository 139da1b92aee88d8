import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserWindow } from 'electron'
import { writeAtomically } from './write-atomically.ts'

/** Screenshots of the window for a start without a display: one when it shows something, renewed while it settles. */
export function captureInto(folder: string, window: BrowserWindow, say: (text: string) => void): void {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'millwright.png')
  let told = false
  const take = async (): Promise<void> => {
    if (window.isDestroyed()) return
    const image = await window.webContents.capturePage()
    if (image.isEmpty()) return
    writeAtomically(file, image.toPNG(), 0o644)
    if (!told) say(`Screenshot of the window: ${file}`)
    told = true
  }
  const failed = (error: unknown): void =>
    say(`No screenshot: ${error instanceof Error ? error.message : String(error)}`)
  // Values need a moment to arrive after the engine is ready; the later ones show the alert story under way.
  for (const afterMs of [2000, 6000, 15_000, 30_000, 60_000, 120_000]) {
    const timer = setTimeout(() => void take().catch(failed), afterMs)
    window.once('closed', () => clearTimeout(timer))
  }
}
