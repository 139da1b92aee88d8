export { CapturePlot } from './CapturePlot.tsx'
export { type CaptureReading } from './capture-view.ts'
export { CepstrumPlot } from './CepstrumPlot.tsx'
export { ColourMap } from './ColourMap.tsx'
export { type View } from './cursor-maths.ts'
export { type DeskPlotFrame } from './DeskPlot.tsx'
export { DeskTrend } from './DeskTrend.tsx'
export { figureCsv, figureSvg, type Figure } from './figure.ts'
export { readLines, type LineMark } from './line-marks.ts'
export { LivePlot } from './LivePlot.tsx'
export { LiveWaveforms, type LivePoint } from './LiveWaveforms.tsx'
export { type WaveformSubscribe } from './live-view.ts'
export { type MapData } from './map-maths.ts'
export { type MapReading, type MapRowInfo } from './map-scene.ts'
export { meter } from './meter.ts'
export { pictureOf } from './picture.ts'
export { type MenuPlace, type PlotControl } from './PlotSection.tsx'
export { createSpectrumCursor, type SpectrumCursorStore } from './spectrum-cursor.ts'
export {
  displayAmplitudes,
  displayAxes,
  displayQuantities,
  displayScales,
  plainDisplay,
  type SpectrumDisplay,
} from './spectrum-display.ts'
export { families, foundSnrDb, isFound, lanesOf, type Lane } from './spectrum-marks.ts'
export { type ShaftKind } from './shaft-curves.ts'
export { ShaftPlot } from './ShaftPlot.tsx'
export { SpectrumPlot } from './SpectrumPlot.tsx'
export { type SpectrumOverlay, type SpectrumReading } from './spectrum-scene.ts'
export { TrendPlot } from './TrendPlot.tsx'
export { type TrendDesk } from './trend-view.ts'
