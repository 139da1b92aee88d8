import uPlot from 'uplot'
import { displayUnit } from '../../shared/domain/units.ts'
import { t } from '../ui/text.ts'
import type { ChartColours } from './colours.ts'
import type { View } from './cursor-maths.ts'
import { axisTitle, beforeTitle, horizontalAxis, tickLabels } from './plot-frame.ts'
import {
  niceSplits,
  type DisplayAxis,
  type DisplayScale,
  type ShownSpectrum,
  type SpectrumDisplay,
} from './spectrum-display.ts'

export function frequencyTitle(axis: DisplayAxis): string {
  return t(`plot.axis.${axis}`)
}

/** Quantity, unit and detector; a level names its reference. */
export function heightTitle(label: string, shown: ShownSpectrum, display: SpectrumDisplay, ratio: boolean): string {
  if (ratio) return t('plot.ratioDb')
  const unit = displayUnit(shown.unit)
  const detector = display.amplitude === 'peak' ? '' : ` ${t(`plot.detector.${display.amplitude}`)}`
  if (display.scale !== 'decibel') return axisTitle({ label, unit: `${unit}${detector}` })
  return axisTitle({
    label,
    unit: t('plot.decibelsOver', { reference: shown.reference.toExponential(1).replace('.0e', 'e'), unit }),
  })
}

/** Values stay hertz; only what the ticks say is cycles a minute or orders. */
export function frequencyAxis(colours: ChartColours, factor: () => number): uPlot.Axis {
  return {
    ...horizontalAxis(colours),
    splits: (plot, _axis, min, max) => {
      const f = factor()
      const most = Math.max(2, Math.floor(plot.bbox.width / uPlot.pxRatio / 70))
      return niceSplits(min * f, max * f, most).map((value) => value / f)
    },
    values: (plot, splits) => {
      const f = factor()
      return beforeTitle(plot, splits, tickLabels(splits.map((value) => value * f)))
    },
  }
}

/** Decades are labelled with what they stand for. */
export function heightAxis(axis: uPlot.Axis, scale: DisplayScale): uPlot.Axis {
  if (scale !== 'log') return axis
  return {
    ...axis,
    splits: (_plot, _axis, min, max) => decades(min, max),
    values: (_plot, splits) => splits.map(decadeLabel),
  }
}

function decades(min: number, max: number): number[] {
  return niceSplits(min, max, 12).filter((value) => Math.abs(value - Math.round(value)) < 1e-9)
}

function decadeLabel(power: number): string {
  const value = 10 ** power
  return power >= -3 && power <= 4 ? String(Number(value.toPrecision(1))) : `1e${Math.round(power)}`
}

/** The same ticks for a file. */
export function splitsOf(
  view: View,
  factor: number,
  most: number,
  scale: DisplayScale = 'linear',
): {
  splits: number[]
  labels: string[]
} {
  if (scale === 'log') {
    const splits = decades(view.min, view.max)
    return { splits, labels: splits.map(decadeLabel) }
  }
  const values = niceSplits(view.min * factor, view.max * factor, most)
  return { splits: values.map((value) => value / factor), labels: tickLabels(values) }
}
