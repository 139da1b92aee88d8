import { formatNumber } from '../ui/format.ts'
import { t } from '../ui/text.ts'
import type { View } from './cursor-maths.ts'
import type { Figure } from './figure.ts'
import { frequencyTitle, heightTitle, splitsOf } from './spectrum-axes.ts'
import { axisFactor, onLinesOf } from './spectrum-display.ts'
import { familyName } from './spectrum-drawing.ts'
import { isFound, type Lane } from './spectrum-marks.ts'
import type { ReadSpectrum } from './spectrum-words.ts'

interface FigureParts {
  title: string
  about: readonly string[]
  label: string
  read: ReadSpectrum
  views: { x: View; y: View }
  hz: Float64Array
  heights: Float32Array
  others: readonly { name: string; height: Float32Array; resolutionHz: number }[]
  ratio: boolean
  lanes: readonly Lane[]
  cursorHz: number | null
}

/** A spectrum plot as data: what is drawn for SVG, amplitudes in their unit for CSV. */
export function spectrumFigure(parts: FigureParts): Figure {
  const { title, about, label, read, views, hz, heights, others, ratio, lanes, cursorHz } = parts
  const { frame, shown, display } = read
  const { x, y } = views
  const factor = axisFactor(display.axis, frame.rpm) ?? 1
  const found = lanes.flatMap((lane) => lane.marks).filter(isFound)
  return {
    title,
    about: about.join(' \u00b7 '),
    x: { title: frequencyTitle(display.axis), view: x, ...splitsOf(x, factor, 10) },
    y: {
      title: heightTitle(label, shown, display, ratio),
      view: y,
      ...splitsOf(y, 1, 6, ratio ? 'linear' : display.scale),
    },
    series: [
      { name: title, x: hz, y: heights, low: null },
      ...others.map(({ name, height, resolutionHz }) => ({
        name,
        x: hz,
        y: onLinesOf(height, resolutionHz, hz.length, frame.resolutionHz),
        low: null,
      })),
    ],
    marks: [
      ...found.map(({ foundHz, fault, harmonic }) => ({
        at: foundHz,
        along: 'x' as const,
        label: `${familyName(fault)} ${harmonic}\u00d7`,
      })),
      ...(cursorHz === null ? [] : [{ at: cursorHz, along: 'x' as const, label: formatNumber(cursorHz, 5) }]),
    ],
    table: { head: [t('plot.hz'), `${label} (${shown.unit})`], columns: [hz, shown.linear] },
  }
}
