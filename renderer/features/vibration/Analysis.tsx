import { featureDefinitions, featureNames, isFeatureName } from '../../../shared/domain/features.ts'
import type { PlantFile, Point } from '../../../shared/domain/plant-file.ts'
import type { SpectrumFrame, TrendFrame } from '../../../shared/protocol/views.ts'
import type { FrameSource } from '../../bridge/frame-source.ts'
import {
  LiveWaveforms,
  SpectrumPlot,
  TrendPlot,
  type LivePoint,
  type SpectrumCursorStore,
  type View,
  type WaveformSubscribe,
} from '../../charts/index.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { useFrameSource } from '../../stores/frame-source.ts'
import { useRemembered } from '../../stores/router.ts'
import { toast } from '../../stores/toasts.ts'
import { t, tMaybe } from '../../ui/index.ts'
import { CapturedWaveform } from './CapturedWaveform.tsx'
import { colourIndexOf } from './point-tree.ts'

export const trendSpansMs = [600_000, 3_600_000, 28_800_000, 86_400_000, 604_800_000] as const

interface AnalysisProps {
  plant: PlantFile
  point: Point
  live: readonly LivePoint[]
  subscribe: WaveformSubscribe
  windowMs: number
  frozen: boolean
  onFrozen: (frozen: boolean) => void
  spectrum: FrameSource<SpectrumFrame>
  envelope: FrameSource<SpectrumFrame>
  cursor: SpectrumCursorStore
  captureId: string | null
  onCloseCapture: () => void
}

/** Unit of a feature of a point, as its definition says. */
export function featureUnit(feature: string, signalUnit: string): string {
  if (!isFeatureName(feature)) return signalUnit
  switch (featureDefinitions[feature].unitKind) {
    case 'signal':
      return signalUnit
    case 'velocity':
      return 'mm/s'
    case 'ratio':
      return ''
    case 'decibel':
      return 'dB'
    case 'degree':
      return '°'
  }
}

/** Waveform, spectrum, envelope spectrum and trend of one point, the spectra linked by one cursor. */
export function Analysis(props: AnalysisProps) {
  const { plant, point, cursor, captureId } = props
  const unit = point.contract?.unit ?? ''
  const colourIndex = colourIndexOf(plant, point.id)
  const [spectrumView, setSpectrumView] = useRemembered<View | null>('spectrum-view', null)
  const [envelopeView, setEnvelopeView] = useRemembered<View | null>('envelope-view', null)
  const copied = (): void => toast('done', t('plot.copied'))
  return (
    <div className="analysis">
      {captureId === null ? (
        <LiveWaveforms
          points={props.live}
          subscribe={props.subscribe}
          windowMs={props.windowMs}
          frozen={props.frozen}
          onFrozen={props.onFrozen}
        />
      ) : (
        <CapturedWaveform
          key={captureId}
          captureId={captureId}
          unit={unit}
          colourIndex={colourIndex}
          onClose={props.onCloseCapture}
        />
      )}
      <SpectrumPlot
        key={`spectrum ${point.id}`}
        merged
        title={t('vibration.spectrum')}
        source={props.spectrum}
        cursor={cursor}
        unit={unit}
        colourIndex={colourIndex}
        view={spectrumView}
        onView={setSpectrumView}
        onCopied={copied}
      />
      <SpectrumPlot
        key={`envelope ${point.id}`}
        merged={false}
        title={t('vibration.envelope')}
        source={props.envelope}
        cursor={cursor}
        unit={unit}
        colourIndex={colourIndex}
        view={envelopeView}
        onView={setEnvelopeView}
        onCopied={copied}
      />
      <FeatureTrend point={point} unit={unit} colourIndex={colourIndex} />
    </div>
  )
}

const trendColumns = 600

function FeatureTrend({ point, unit, colourIndex }: { point: Point; unit: string; colourIndex: number }) {
  const [feature, setFeature] = useRemembered<string>('trend-feature', 'rms')
  const [spanMs, setSpanMs] = useRemembered<number>('trend-span', 3_600_000)
  const zone = useTimeZone()
  const source: FrameSource<TrendFrame> = useFrameSource('trend', {
    pointId: point.id,
    feature,
    spanMs,
    columns: trendColumns,
  })
  return (
    <TrendPlot
      title={t('vibration.trend')}
      source={source}
      label={tMaybe(`feature.${feature}`, feature)}
      unit={featureUnit(feature, unit)}
      colourIndex={colourIndex}
      zone={zone}
    >
      <select
        className="plot-select"
        aria-label={t('vibration.feature')}
        value={feature}
        onChange={(event) => setFeature(event.target.value)}
      >
        {featureNames.map((name) => (
          <option key={name} value={name}>
            {tMaybe(`feature.${name}`, name)}
          </option>
        ))}
      </select>
      <select
        className="plot-select"
        aria-label={t('vibration.span')}
        value={spanMs}
        onChange={(event) => setSpanMs(Number(event.target.value))}
      >
        {trendSpansMs.map((span) => (
          <option key={span} value={span}>
            {t(`trendSpan.${span}`)}
          </option>
        ))}
      </select>
    </TrendPlot>
  )
}
