import { stepLine } from './cursor-maths.ts'
import type { SpectrumCursor } from './spectrum-cursor.ts'

export interface CursorKey {
  key: string
  ctrlKey: boolean
  shiftKey?: boolean
  altKey?: boolean
}

export interface KeyScene {
  cursor: SpectrumCursor
  /** Where a cursor that is not placed yet begins. */
  middleHz: number
  resolutionHz: number
  lines: number
  /** Hertz one pixel covers. */
  hzPerPx: number
  shaftHz: number
  /** The refined peak within so many pixels. */
  snap(hz: number, px?: number): number
  /** The next local maximum that stands out, to one side. */
  nextPeak(hz: number, direction: -1 | 1): number
}

/** Families follow by a tenth of a line: the tenth harmonic then moves by one. */
const fineShare = 0.1
/** A first band as wide as this many lines, and what a press of a bracket makes of it. */
const bandLines = 40
const bandStep = 1.25

/** What a key makes of the cursor; null when it means nothing here. */
export function cursorForKey(event: CursorKey, scene: KeyScene): Partial<SpectrumCursor> | null {
  const { cursor, resolutionHz } = scene
  const at = cursor.hz ?? scene.middleHz
  switch (event.key) {
    case 'ArrowLeft':
    case 'ArrowRight':
      return arrow(event, scene, at, event.key === 'ArrowLeft' ? -1 : 1)
    case 'p':
    case 'P':
      return { hz: scene.snap(at, 40) }
    case 'h':
    case 'H':
      // Families follow the refined peak, not the line, or the tenth harmonic is ten errors off.
      return { hz: scene.snap(at), harmonics: !cursor.harmonics, sidebandHz: null }
    case 's':
    case 'S':
      return {
        hz: scene.snap(at),
        harmonics: false,
        sidebandHz: cursor.sidebandHz === null ? scene.shaftHz : null,
      }
    case 'd':
    case 'D':
      return { hz: at, refHz: cursor.refHz === null ? at : null }
    case 'b':
    case 'B':
      return { hz: at, bandHz: cursor.bandHz === null ? bandLines * resolutionHz : null }
    case '[':
    case ']': {
      if (cursor.bandHz === null) return null
      const next = event.key === '[' ? cursor.bandHz / bandStep : cursor.bandHz * bandStep
      return { bandHz: Math.max(2 * resolutionHz, Math.min(next, resolutionHz * scene.lines)) }
    }
    case 'Escape':
      return { hz: null, refHz: null, harmonics: false, sidebandHz: null, bandHz: null }
    default:
      return null
  }
}

function arrow(event: CursorKey, scene: KeyScene, at: number, direction: -1 | 1): Partial<SpectrumCursor> {
  const { cursor, resolutionHz, lines, hzPerPx } = scene
  const fine = direction * fineShare * resolutionHz
  if (event.altKey === true) return { hz: scene.nextPeak(at, direction) }
  if (event.shiftKey === true && event.ctrlKey)
    return cursor.sidebandHz === null ? {} : { sidebandHz: Math.max(resolutionHz, cursor.sidebandHz + fine) }
  const top = (lines - 1) * resolutionHz
  if (event.shiftKey === true) return { hz: Math.min(top, Math.max(0, at + fine)) }
  // With control exactly a line; without it at least what can be seen to move.
  const steps = event.ctrlKey ? 1 : Math.max(1, Math.round((4 * hzPerPx) / resolutionHz))
  return { hz: stepLine(at, direction * steps, resolutionHz, lines) }
}
