import { useCallback, useMemo, useRef, useState, type KeyboardEvent, type RefObject } from 'react'
import type { CaptureNote, NotePlot } from '../../../shared/domain/capture-note.ts'
import { featureNames } from '../../../shared/domain/features.ts'
import type { PlantFile, Point } from '../../../shared/domain/plant-file.ts'
import type { MethodResult } from '../../../shared/protocol/methods.ts'
import type { TrendFrame } from '../../../shared/protocol/views.ts'
import type { FrameSource } from '../../bridge/frame-source.ts'
import {
  CapturePlot,
  ColourMap,
  DeskTrend,
  LiveWaveforms,
  plainDisplay,
  SpectrumPlot,
  type LivePoint,
  type PlotControl,
  type SpectrumCursorStore,
  type SpectrumDisplay,
  type SpectrumReading,
  type TrendDesk,
  type View,
  type WaveformSubscribe,
} from '../../charts/index.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { useFrameSource } from '../../stores/frame-source.ts'
import { useRemembered } from '../../stores/router.ts'
import { failureOf, useCall, type CallState } from '../../stores/topic.ts'
import { toast } from '../../stores/toasts.ts'
import { ErrorPane, formatNumber, formatTime, Popover, Skeleton, t, tMaybe } from '../../ui/index.ts'
import { Choice } from './Choice.tsx'
import {
  firstPanes,
  paneCount,
  paneKinds,
  type CompareItem,
  type DeskLayout,
  type PaneKind,
  type SpectrumSettings,
} from './desk-model.ts'
import { ExportMenu } from './ExportMenu.tsx'
import { featureUnit } from './feature-unit.ts'
import { putNote, type NotePlace } from './Notes.tsx'
import { colourIndexOf, pointWords } from './point-tree.ts'
import { SpectrumOptions } from './SpectrumOptions.tsx'
import { useMap } from './use-map.ts'
import { useOverlays, type ShownSpectrum } from './use-spectrum.ts'

export const trendSpansMs = [
  600_000, 3_600_000, 28_800_000, 86_400_000, 604_800_000, 2_592_000_000, 7_776_000_000, 31_536_000_000, 63_072_000_000,
] as const

export interface DeskProps {
  plant: PlantFile
  point: Point
  layout: DeskLayout
  live: readonly LivePoint[]
  subscribe: WaveformSubscribe
  windowMs: number
  frozen: boolean
  onFrozen: (frozen: boolean) => void
  spectrum: ShownSpectrum
  envelope: ShownSpectrum
  settings: Record<'spectrum' | 'envelope', SpectrumSettings>
  onSettings: (kind: 'spectrum' | 'envelope', settings: SpectrumSettings) => void
  cursor: SpectrumCursorStore
  captureId: string | null
  capture: CallState<'capture.read'>
  notes: readonly CaptureNote[]
  compared: readonly CompareItem[]
  onOpenCapture: (captureId: string) => void
  onNote: (place: NotePlace) => void
  onNotesChanged: () => void
}

/** Up to four linked plots; each shows what is chosen for it. */
export function Desk(props: DeskProps) {
  const { layout } = props
  const [panes, setPanes] = useRemembered<readonly PaneKind[]>('panes', firstPanes)
  const [enlarged, setEnlarged] = useState<number | null>(null)
  const count = paneCount(layout)
  const shown = Array.from({ length: count }, (_, n) => n).filter(
    (n) => enlarged === null || enlarged >= count || n === enlarged,
  )
  return (
    <div className={`desk desk-${shown.length === 1 ? '1' : layout}`}>
      {shown.map((n) => (
        <Pane
          key={n}
          {...props}
          number={n + 1}
          kind={panes[n] ?? firstPanes[n] ?? 'spectrum'}
          onKind={(kind) => setPanes(firstPanes.map((first, i) => (i === n ? kind : (panes[i] ?? first))))}
          onEnlarge={() => setEnlarged(enlarged === n ? null : n)}
        />
      ))}
    </div>
  )
}

interface PaneProps extends DeskProps {
  number: number
  kind: PaneKind
  onKind: (kind: PaneKind) => void
  onEnlarge: () => void
}

function Pane(props: PaneProps) {
  switch (props.kind) {
    case 'waveform':
      return <WaveformPane {...props} />
    case 'spectrum':
    case 'envelope':
      return <SpectrumPane key={`${props.kind} ${props.point.id} ${props.captureId}`} {...props} kind={props.kind} />
    case 'trend':
      return <TrendPane {...props} />
    case 'map':
    case 'envelope-map':
      return <MapPane key={`${props.kind} ${props.point.id}`} {...props} />
  }
}

/** In the place of a plot's title: what it shows, and what else it could. */
function KindChoice({ number, kind, onKind }: Pick<PaneProps, 'number' | 'kind' | 'onKind'>) {
  return (
    <select
      className="plot-kind"
      aria-label={t('desk.kind', { n: number })}
      value={kind}
      onChange={(event) => {
        const chosen = paneKinds.find((one) => one === event.target.value)
        if (chosen) onKind(chosen)
      }}
    >
      {paneKinds.map((one) => (
        <option key={one} value={one}>
          {t(`desk.kinds.${one}`)}
        </option>
      ))}
    </select>
  )
}

const copied = (): void => toast('done', t('plot.copied'))

/** Keys that mean the same on every plot of the desk: F enlarges, M keeps a reading, N notes. */
function useDeskKeys(
  { captureId, onEnlarge, onNote, onNotesChanged }: PaneProps,
  control: RefObject<PlotControl | null>,
  plot: NotePlot | null,
): (event: KeyboardEvent) => boolean {
  return (event) => {
    if (event.ctrlKey || event.altKey) return false
    const key = event.key.toLowerCase()
    if (key === 'f') {
      onEnlarge()
      return true
    }
    if ((key !== 'm' && key !== 'n') || captureId === null || plot === null) return false
    const reading = control.current?.marked() ?? null
    if (key === 'n') {
      onNote({ plot, at: reading?.at ?? null, value: reading?.value ?? null, unit: reading?.unit ?? '' })
      return true
    }
    if (!reading) toast('failed', t('desk.noteFirst'))
    else
      putNote(captureId, { plot, ...reading }, 'mark', '').then(onNotesChanged, (error: unknown) =>
        toast('failed', failureOf(error).message),
      )
    return true
  }
}

const placed = (notes: readonly CaptureNote[], plot: NotePlot): { at: number | null; text: string }[] =>
  notes
    .filter((note) => note.plot === plot)
    .map(({ at, text, value, unit }) => ({ at, text: text === '' ? `${formatNumber(value, 3)} ${unit}` : text }))

function WaveformPane(props: PaneProps) {
  const { captureId, capture, plant, point, cursor, notes } = props
  const zone = useTimeZone()
  const control = useRef<PlotControl | null>(null)
  const [view, setView] = useRemembered<View | null>(`wave-view ${captureId}`, null)
  const [hold, setHold] = useRemembered<boolean>('wave-hold', false)
  const onKey = useDeskKeys(props, control, 'waveform')
  const marks = useMemo(() => placed(notes, 'waveform'), [notes])
  const reading = useMemo(() => ({ hold, notes: marks }), [hold, marks])
  const colourIndex = colourIndexOf(plant, point.id)
  if (captureId === null)
    return (
      <LiveWaveforms
        points={props.live}
        subscribe={props.subscribe}
        windowMs={props.windowMs}
        frozen={props.frozen}
        onFrozen={props.onFrozen}
        head={<KindChoice {...props} />}
      />
    )
  const { value, failure, again } = capture
  if (failure) return <ErrorPane title={t('vibration.captureUnreadable')} failure={failure} onRetry={again} />
  if (!value) return <Skeleton rows={4} label={t('vibration.captureLoading')} />
  const { capture: head, samples } = value
  const about = t('vibration.captureAbout', {
    at: formatTime(head.sourceUs, zone),
    cause: t(`captureCause.${head.cause}`),
  })
  return (
    <CapturePlot
      key={captureId}
      title={t('vibration.capturedWaveform')}
      head={<KindChoice {...props} />}
      tools={
        <>
          <Popover
            label={t('desk.optionsOf', { plot: t('desk.kinds.waveform') })}
            className="button button-quiet"
            trigger={t('desk.options')}
          >
            <label className="choice-check" title={t('desk.waveHoldHint')}>
              <input type="checkbox" checked={hold} onChange={(event) => setHold(event.target.checked)} />
              {t('desk.hold')}
            </label>
          </Popover>
          <ExportMenu
            title={`${pointWords(plant, point)}, ${t('desk.kinds.waveform')}, ${about}`}
            plot={t('desk.kinds.waveform')}
            control={control}
            captureId={captureId}
            quantity={point.contract?.quantity ?? ''}
          />
        </>
      }
      about={about}
      samples={samples}
      sampleRateHz={head.sampleRateHz}
      gaps={head.gaps}
      cursor={cursor}
      reading={reading}
      unit={head.unit ?? point.contract?.unit ?? ''}
      colourIndex={colourIndex}
      view={view}
      onView={setView}
      onCopied={copied}
      onKey={onKey}
      control={control}
    />
  )
}

function aboutOf({ said, liveMs }: ShownSpectrum, zone: string): string | null {
  if (!said) return null
  const facts = {
    at: formatTime(said.frame.tUs, zone),
    s: formatNumber((liveMs ?? 0) / 1000, 3),
    averages: said.averages,
    window: t(`desk.windows.${said.window}`),
    line: formatNumber(said.frame.resolutionHz, 3),
  }
  if (liveMs !== null) return t('desk.liveAbout', facts)
  return said.averages === 1 ? t('desk.aboutOnce', facts) : t('desk.about', facts)
}

function SpectrumPane(props: PaneProps & { kind: 'spectrum' | 'envelope' }) {
  const { kind, plant, point, cursor, captureId, compared, notes } = props
  const shown = kind === 'spectrum' ? props.spectrum : props.envelope
  const settings = props.settings[kind]
  const zone = useTimeZone()
  const control = useRef<PlotControl | null>(null)
  const onKey = useDeskKeys(props, control, kind)
  const [view, setView] = useRemembered<View | null>(`${kind}-view`, null)
  const [display, setDisplay] = useRemembered<SpectrumDisplay>(`${kind}-display`, plainDisplay)
  const [difference, setDifference] = useRemembered<boolean>(`${kind}-difference`, false)
  const [hold, setHold] = useRemembered<boolean>(`${kind}-hold`, false)
  const overlays = useOverlays(compared, kind, settings)
  const marks = useMemo(() => placed(notes, kind), [notes, kind])
  const about = aboutOf(shown, zone)
  const stored = captureId === null && shown.liveMs === null ? null : (about ?? t('plot.computing'))
  const noise = shown.said?.noiseBandwidthLines ?? 1.5
  const reading: SpectrumReading = useMemo(
    () => ({ display, overlays, difference, hold, stored, noiseBandwidthLines: noise, notes: marks }),
    [display, overlays, difference, hold, stored, noise, marks],
  )
  const title = t(`desk.kinds.${kind}`)
  return (
    <SpectrumPlot
      title={title}
      head={<KindChoice {...props} />}
      tools={
        <>
          <SpectrumOptions
            kind={kind}
            title={title}
            settings={settings}
            onSettings={(next) => props.onSettings(kind, next)}
            display={display}
            onDisplay={setDisplay}
            difference={compared.length > 0 ? difference : null}
            onDifference={setDifference}
            hold={hold}
            onHold={setHold}
          />
          <ExportMenu
            title={`${pointWords(plant, point)}, ${title}`}
            plot={title}
            control={control}
            captureId={captureId}
            spectrum={() => shown.source.latest}
            quantity={point.contract?.quantity ?? ''}
          />
        </>
      }
      source={shown.source}
      cursor={cursor}
      reading={reading}
      unit={point.contract?.unit ?? ''}
      colourIndex={colourIndexOf(plant, point.id)}
      merged={kind === 'spectrum'}
      view={view}
      onView={setView}
      onCopied={copied}
      onKey={onKey}
      control={control}
    />
  )
}

const trendColumns = 800

function TrendPane(props: PaneProps) {
  const { plant, point, cursor, captureId, onOpenCapture } = props
  const control = useRef<PlotControl | null>(null)
  const onKey = useDeskKeys(props, control, null)
  const [feature, setFeature] = useRemembered<string>('trend-feature', 'rms')
  const [spanMs, setSpanMs] = useRemembered<number>('trend-span', 3_600_000)
  const [zoom, setZoom] = useState<{ fromUs: number; toUs: number } | null>(null)
  const zone = useTimeZone()
  const unit = featureUnit(feature, point.contract?.unit ?? '')
  const asked = { pointId: point.id, feature, columns: trendColumns }
  const source: FrameSource<TrendFrame> = useFrameSource('trend', { ...asked, spanMs })
  const detail = useCall('trend.read', zoom === null ? null : { ...asked, ...zoom })
  const stripSpan = useMemo(() => {
    // A fixed stretch a visit: asked anew with every frame it would never be answered.
    const toUs = Date.now() * 1000
    return { fromUs: toUs - spanMs * 1000, toUs: toUs + 60e6 }
  }, [spanMs])
  const strip = useCall('plot.strip', { pointId: point.id, ...stripSpan }, 15_000)
  const pick = useCallback(
    (nearest: string | null) => {
      if (nearest !== null) onOpenCapture(nearest)
    },
    [onOpenCapture],
  )
  const desk: TrendDesk = useMemo(
    () => ({ cursor, strip: strip.value, detail: detail.value, onView: setZoom, onPick: pick }),
    [cursor, strip.value, detail.value, pick],
  )
  const title = t('desk.kinds.trend')
  return (
    <DeskTrend
      key={`${feature} ${spanMs} ${point.id}`}
      title={title}
      head={
        <>
          <KindChoice {...props} />
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
            onChange={(event) => {
              setZoom(null)
              setSpanMs(Number(event.target.value))
            }}
          >
            {trendSpansMs.map((span) => (
              <option key={span} value={span}>
                {t(`trendSpan.${span}`)}
              </option>
            ))}
          </select>
        </>
      }
      tools={
        <ExportMenu
          title={`${pointWords(plant, point)}, ${tMaybe(`feature.${feature}`, feature)}`}
          plot={title}
          control={control}
          captureId={captureId}
          quantity={point.contract?.quantity ?? ''}
        />
      }
      source={source}
      desk={desk}
      label={tMaybe(`feature.${feature}`, feature)}
      unit={unit}
      colourIndex={colourIndexOf(plant, point.id)}
      zone={zone}
      onCopied={copied}
      onKey={onKey}
      control={control}
    />
  )
}

const mapCounts = ['50', '100', '250', '500'] as const
const mapLines = ['400', '800', '1600', '3200'] as const
const mapTops = ['all', '500', '1000', '5000'] as const
const mapRanges = ['40', '60', '80', 'linear'] as const

function MapPane(props: PaneProps) {
  const { kind, plant, point, cursor, captureId, onOpenCapture } = props
  const of = kind === 'envelope-map' ? 'envelope' : 'spectrum'
  const control = useRef<PlotControl | null>(null)
  const onKey = useDeskKeys(props, control, null)
  const zone = useTimeZone()
  const [count, setCount] = useRemembered<(typeof mapCounts)[number]>(`${kind}-count`, '100')
  const [lines, setLines] = useRemembered<(typeof mapLines)[number]>(
    `${kind}-lines`,
    of === 'envelope' ? '3200' : '800',
  )
  const [top, setTop] = useRemembered<(typeof mapTops)[number]>(`${kind}-top`, of === 'envelope' ? '1000' : 'all')
  const [range, setRange] = useRemembered<(typeof mapRanges)[number]>(`${kind}-range`, '60')
  const [by, setBy] = useRemembered<'time' | 'speed'>(`${kind}-by`, 'time')
  const [drawing, setDrawing] = useRemembered<'colours' | 'cascade'>(`${kind}-drawing`, 'colours')
  const topHz = top === 'all' ? null : Number(top)
  const state: MethodMap = useMap({ pointId: point.id, kind: of, count: Number(count), lines: Number(lines), topHz })
  const { data, rows, unit, progress, failure } = state
  const reading = useMemo(
    () => ({ by, drawing, rangeDb: range === 'linear' ? null : Number(range), progress, failure }),
    [by, drawing, range, progress, failure],
  )
  const title = t(`desk.kinds.${kind}`)
  return (
    <ColourMap
      title={title}
      head={<KindChoice {...props} />}
      tools={
        <>
          <Popover
            label={t('desk.optionsOf', { plot: title })}
            className="button button-quiet"
            trigger={t('desk.options')}
          >
            <div className="plot-options">
              <Choice
                label={t('desk.mapBy')}
                value={by}
                options={(['time', 'speed'] as const).map((one) => [one, t(`desk.mapBys.${one}`)])}
                onChange={setBy}
              />
              <Choice
                label={t('desk.mapDrawing')}
                value={drawing}
                options={(['colours', 'cascade'] as const).map((one) => [one, t(`desk.mapDrawings.${one}`)])}
                onChange={setDrawing}
              />
              <Choice
                label={t('desk.mapRange')}
                value={range}
                options={mapRanges.map((one) => [one, t(`desk.mapRanges.${one}`)])}
                onChange={setRange}
              />
              <Choice
                label={t('desk.mapCount')}
                value={count}
                options={mapCounts.map((one) => [one, one])}
                onChange={setCount}
              />
              <Choice
                label={t('desk.mapLines')}
                value={lines}
                options={mapLines.map((one) => [one, one])}
                onChange={setLines}
              />
              <Choice
                label={t('desk.mapTop')}
                value={top}
                options={mapTops.map((one) => [one, one === 'all' ? t('desk.mapAll') : one])}
                onChange={setTop}
              />
            </div>
          </Popover>
          <ExportMenu
            title={`${pointWords(plant, point)}, ${title}`}
            plot={title}
            control={control}
            captureId={captureId}
            quantity={point.contract?.quantity ?? ''}
          />
        </>
      }
      data={data}
      rows={rows}
      reading={reading}
      cursor={cursor}
      unit={unit}
      zone={zone}
      onOpen={onOpenCapture}
      onCopied={copied}
      onKey={onKey}
      control={control}
    />
  )
}

type MethodMap = ReturnType<typeof useMap>
export type CaptureRead = MethodResult<'capture.read'>
