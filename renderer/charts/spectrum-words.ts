import { displayUnit } from '../../shared/domain/units.ts'
import type { SpectrumFrame } from '../../shared/protocol/views.ts'
import { formatNumber } from '../ui/format.ts'
import { t } from '../ui/text.ts'
import { amplitudeAt, nearest } from './cursor-maths.ts'
import type { SpectrumCursor } from './spectrum-cursor.ts'
import { bandRms, type ShownSpectrum, type SpectrumDisplay } from './spectrum-display.ts'
import { familyName } from './spectrum-drawing.ts'

export interface ReadSpectrum {
  frame: SpectrumFrame
  shown: ShownSpectrum
  display: SpectrumDisplay
  noiseBandwidthLines: number
}

/** Amplitude at a frequency as words, with its level where decibels are shown. */
function heightWords({ frame, shown, display }: ReadSpectrum, hz: number): string {
  const value = amplitudeAt(shown.linear, frame.resolutionHz, hz)
  const detector = display.amplitude === 'peak' ? '' : ` ${t(`plot.detector.${display.amplitude}`)}`
  const level =
    display.scale === 'decibel' && value > 0
      ? ` (${t('plot.level', { db: (20 * Math.log10(value / shown.reference)).toFixed(1) })})`
      : ''
  return `${formatNumber(value, 3)} ${displayUnit(shown.unit)}${detector}${level}`
}

/** The crosshair's readout: place, height, order, fault line, and what the placed families say. */
export function spectrumWords(read: ReadSpectrum, hz: number, cursor: SpectrumCursor): string {
  const { frame, shown, display } = read
  const { rpm, marks, resolutionHz } = frame
  const turnHz = rpm !== null && rpm > 0 ? rpm / 60 : null
  const place =
    display.axis === 'orders' && turnHz !== null
      ? t('plot.atOrder', { order: (hz / turnHz).toFixed(3), hz: formatNumber(hz, 5) })
      : display.axis === 'cpm'
        ? t('plot.atCpm', { cpm: formatNumber(hz * 60, 6), hz: formatNumber(hz, 5) })
        : t('plot.atHz', { hz: formatNumber(hz, 5) })
  const parts = [`${place} \u00b7 ${heightWords(read, hz)}`]
  if (turnHz !== null && display.axis !== 'orders') parts.push(t('plot.order', { order: (hz / turnHz).toFixed(2) }))
  const mark = nearest(marks, hz, Math.max(2 * resolutionHz, hz * 0.01))
  if (mark) parts.push(`${familyName(mark.fault)} ${mark.harmonic}\u00d7`)
  const { refHz, harmonics, sidebandHz, bandHz } = cursor
  if (refHz !== null && cursor.hz !== null) {
    const value = amplitudeAt(shown.linear, resolutionHz, hz)
    const other = amplitudeAt(shown.linear, resolutionHz, refHz)
    const apart = Math.abs(hz - refHz)
    parts.push(
      t('plot.difference', {
        hz: formatNumber(apart, 4),
        db: value > 0 && other > 0 ? (20 * Math.log10(value / other)).toFixed(1) : '-',
      }),
    )
  }
  if (harmonics) parts.push(t('plot.harmonicsOn'))
  if (sidebandHz !== null) parts.push(t('plot.sidebandsOn', { hz: formatNumber(sidebandHz, 4) }))
  if (bandHz !== null) {
    const rms = bandRms(
      shown.linear,
      resolutionHz,
      hz - bandHz / 2,
      hz + bandHz / 2,
      display.amplitude,
      read.noiseBandwidthLines,
    )
    const low = formatNumber(Math.max(0, hz - bandHz / 2), 4)
    parts.push(
      t('plot.bandRms', {
        low,
        high: formatNumber(hz + bandHz / 2, 4),
        rms: formatNumber(rms, 3),
        unit: displayUnit(shown.unit),
      }),
    )
  }
  return parts.join(' \u00b7 ')
}
