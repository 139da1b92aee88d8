import { useCallback, useEffect, useMemo, useState } from 'react'
import type { CaptureNote } from '../../../shared/domain/capture-note.ts'
import type { PlantFile, Point } from '../../../shared/domain/plant-file.ts'
import { bridge } from '../../bridge/bridge.ts'
import {
  createSpectrumCursor,
  LiveWaveforms,
  type LivePoint,
  type SpectrumCursorStore,
  type WaveformSubscribe,
} from '../../charts/index.ts'
import { useFeed } from '../../stores/feeds.ts'
import type { Route } from '../../stores/route.ts'
import { navigate, useHistoryEntry, useRemembered } from '../../stores/router.ts'
import { toast } from '../../stores/toasts.ts'
import { failureOf, useCall, useStable, type CallState } from '../../stores/topic.ts'
import { Button, Empty, ErrorPane, Skeleton, t, tMaybe } from '../../ui/index.ts'
import { CaptureList } from './CaptureList.tsx'
import { Compared, CompareMenu } from './CompareMenu.tsx'
import { Desk } from './Desk.tsx'
import { layouts, usualSettings, type CompareItem, type DeskLayout, type SpectrumSettings } from './desk-model.ts'
import { Diagnosis } from './Diagnosis.tsx'
import { Findings } from './Findings.tsx'
import { NoteDialog, Notes, type NotePlace } from './Notes.tsx'
import { colourIndexOf, pointWords, shownPoints, toggled } from './point-tree.ts'
import { PointList } from './PointList.tsx'
import { useSpectrum } from './use-spectrum.ts'
import './vibration.css'

type VibrationRoute = Extract<Route, { page: 'vibration' }>

const windowsMs = [100, 250, 1000, 5000, 10_000] as const
const defaultStaleMs = 1000

export function VibrationPage({ route }: { route: VibrationRoute }) {
  const plant = useFeed((feeds) => feeds.plant?.plant)
  const failure = useFeed((feeds) => feeds.plantFailure)
  if (!plant) return failure ? <ErrorPane title={t('vibration.noPlant')} failure={failure} /> : <Skeleton rows={8} />
  const points = shownPoints(plant, route.pointIds)
  const [first] = points
  if (!first) {
    return (
      <Empty title={t('vibration.empty')} next={t('vibration.emptyNext')}>
        <Button onClick={() => navigate({ page: 'settings' })}>{t('vibration.toSettings')}</Button>
      </Empty>
    )
  }
  return <Workbench plant={plant} points={points} focused={first} route={route} />
}

function livePoints(plant: PlantFile, points: readonly Point[]): LivePoint[] {
  return points.map((point) => ({
    pointId: point.id,
    title: points.length === 1 ? t('vibration.waveform') : pointWords(plant, point),
    quantity: tMaybe(`quantity.${point.contract?.quantity ?? 'other'}`, t('plot.short.value')),
    unit: point.contract?.unit ?? '',
    colourIndex: colourIndexOf(plant, point.id),
    staleAfterMs:
      point.contract?.policy.staleAfterMs ?? (point.contract ? point.contract.updateCadenceMs * 2 : defaultStaleMs),
  }))
}

interface WorkbenchProps {
  plant: PlantFile
  points: readonly Point[]
  focused: Point
  route: VibrationRoute
}

function Workbench({ plant, points, focused, route }: WorkbenchProps) {
  const entry = useHistoryEntry()
  const [windowMs, setWindowMs] = useRemembered<number>('window', 1000)
  const [frozen, setFrozen] = useRemembered<boolean>('frozen', false)
  const [layout, setLayout] = useRemembered<DeskLayout>('layout', '4')
  const { hz } = route
  // One cursor a page visit: a new history entry, or a link to another frequency, starts afresh.
  const cursor = useMemo(() => ({ entry, store: createSpectrumCursor(hz ?? null) }), [entry, hz]).store
  const subscribe: WaveformSubscribe = useCallback(
    (params, onFrame) => bridge.subscribe('waveform', params, onFrame),
    [],
  )
  const live = useStable(livePoints(plant, points))
  const ids = points.map((point) => point.id)
  const several = points.length > 1
  const captureId = route.captureId ?? null
  const pointId = focused.id

  const show = (pointIds: readonly string[]): void => navigate({ page: 'vibration', pointIds }, { replace: true })
  const openCapture = useCallback(
    (id: string | null): void =>
      navigate(
        { page: 'vibration', pointIds: [pointId], ...(id === null ? {} : { captureId: id }) },
        { replace: true },
      ),
    [pointId],
  )
  const opened = useOpened(focused, captureId, cursor)
  const compare = useCompared(pointId)
  return (
    <div className="vibration">
      <aside className="vibration-left" data-region aria-label={t('vibration.points')}>
        <h2>{t('vibration.points')}</h2>
        <PointList
          plant={plant}
          shownIds={ids}
          focusedId={focused.id}
          onFocus={(id) => show([id])}
          onToggle={(id) => show(toggled(ids, id))}
        />
        <CaptureList
          key={focused.id}
          pointId={focused.id}
          title={pointWords(plant, focused)}
          openId={captureId}
          onOpen={openCapture}
        />
      </aside>
      <div className="vibration-middle" data-region aria-label={t('vibration.plots')}>
        <DeskTools
          plant={plant}
          points={points}
          captureId={captureId}
          opened={opened}
          compare={compare}
          layout={layout}
          onLayout={setLayout}
          windowMs={windowMs}
          onWindow={setWindowMs}
          frozen={frozen}
          onFrozen={setFrozen}
          onLive={() => openCapture(null)}
        />
        {several ? (
          <LiveWaveforms points={live} subscribe={subscribe} windowMs={windowMs} frozen={frozen} onFrozen={setFrozen} />
        ) : (
          <Desk
            key={focused.id}
            plant={plant}
            point={focused}
            layout={layout}
            live={live}
            subscribe={subscribe}
            windowMs={windowMs}
            frozen={frozen}
            onFrozen={setFrozen}
            {...opened.desk}
            cursor={cursor}
            captureId={captureId}
            compared={compare.compared}
            onOpenCapture={openCapture}
          />
        )}
      </div>
      <Evidence plant={plant} point={focused} captureId={captureId} opened={opened} cursor={cursor} />
    </div>
  )
}

interface EvidenceProps {
  plant: PlantFile
  point: Point
  captureId: string | null
  opened: ReturnType<typeof useOpened>
  cursor: SpectrumCursorStore
}

/** What was found, and what people said of it. */
function Evidence({ plant, point: focused, captureId, opened, cursor }: EvidenceProps) {
  return (
    <>
      <Findings
        assetId={focused.assetId}
        pointId={focused.id}
        title={pointWords(plant, focused)}
        envelope={opened.desk.envelope.source}
        spectrum={opened.desk.spectrum.source}
        cursor={cursor}
        verdict={captureId !== null && <Diagnosis captureId={captureId} cursor={cursor} />}
      >
        {captureId !== null && (
          <Notes
            captureId={captureId}
            notes={opened.desk.notes}
            cursor={cursor}
            onAdd={() => opened.setPlace({ plot: 'waveform', at: null, value: null, unit: '' })}
            onChanged={opened.desk.onNotesChanged}
          />
        )}
      </Findings>
      {captureId !== null && opened.place && (
        <NoteDialog
          captureId={captureId}
          place={opened.place}
          onClose={() => opened.setPlace(null)}
          onChanged={opened.desk.onNotesChanged}
        />
      )}
    </>
  )
}

interface DeskToolsProps {
  plant: PlantFile
  points: readonly Point[]
  captureId: string | null
  opened: ReturnType<typeof useOpened>
  compare: ReturnType<typeof useCompared>
  layout: DeskLayout
  onLayout: (layout: DeskLayout) => void
  windowMs: number
  onWindow: (windowMs: number) => void
  frozen: boolean
  onFrozen: (frozen: boolean) => void
  onLive: () => void
}

/** What holds for all plots: what is compared, how many there are, the live window or the way back to it. */
function DeskTools(props: DeskToolsProps) {
  const { plant, points, captureId, opened, compare, layout, onLayout, windowMs, onWindow, frozen, onFrozen, onLive } =
    props
  const [focused] = points
  const several = points.length > 1
  if (!focused) return null
  return (
    <div className="vibration-tools" role="toolbar" aria-label={t('vibration.tools')}>
      <h1>{several ? t('vibration.severalTitle', { count: points.length }) : pointWords(plant, focused)}</h1>
      {!several && (
        <>
          <Compared {...compare} />
          <CompareMenu plant={plant} point={focused} open={opened.open} {...compare} />
          <select
            className="plot-select"
            aria-label={t('desk.layout')}
            value={layout}
            onChange={(event) => onLayout(layouts.find((one) => one === event.target.value) ?? '4')}
          >
            {layouts.map((one) => (
              <option key={one} value={one}>
                {t(`desk.layouts.${one}`)}
              </option>
            ))}
          </select>
        </>
      )}
      {captureId === null || several ? (
        <>
          <label className="vibration-window">
            <span className="muted">{t('vibration.window')}</span>
            <select className="plot-select" value={windowMs} onChange={(event) => onWindow(Number(event.target.value))}>
              {windowsMs.map((ms) => (
                <option key={ms} value={ms}>
                  {t(`liveWindow.${ms}`)}
                </option>
              ))}
            </select>
          </label>
          <Button aria-pressed={frozen} title={t('vibration.freezeHint')} onClick={() => onFrozen(!frozen)}>
            {t(frozen ? 'vibration.run' : 'vibration.freeze')}
          </Button>
        </>
      ) : (
        <>
          <PinButton capture={opened.desk.capture} />
          <Button onClick={onLive}>{t('vibration.backToLive')}</Button>
        </>
      )}
    </div>
  )
}

function useCompared(pointId: string) {
  const [compared, onCompared] = useRemembered<readonly CompareItem[]>(`compared ${pointId}`, noneCompared)
  return { compared, onCompared }
}

const noneCompared: readonly CompareItem[] = []

/** What the plots and the findings are about: the live point, or the waveform that is open with its notes. */
function useOpened(point: Point, captureId: string | null, cursor: SpectrumCursorStore) {
  const [settings, setAll] = useRemembered('settings', { spectrum: usualSettings, envelope: usualSettings })
  const onSettings = useCallback(
    (kind: 'spectrum' | 'envelope', next: SpectrumSettings) => setAll({ ...settings, [kind]: next }),
    [settings, setAll],
  )
  const spectrum = useSpectrum(point, captureId, 'spectrum', settings.spectrum)
  const envelope = useSpectrum(point, captureId, 'envelope', settings.envelope)
  const capture = useCall('capture.read', captureId === null ? null : { captureId })
  const notes = useCall('note.list', captureId === null ? null : { captureId })
  const [place, setPlace] = useState<NotePlace | null>(null)
  const sourceUs = capture.value?.capture.sourceUs ?? null
  useEffect(() => {
    // Trend and maps show when it was taken; a place in the last waveform means nothing in this one.
    cursor.setState({ seconds: null, refSeconds: null, ...(sourceUs === null ? {} : { tUs: sourceUs }) })
  }, [cursor, sourceUs])
  return {
    desk: {
      spectrum,
      envelope,
      settings,
      onSettings,
      capture,
      notes: notes.value?.notes ?? noNotes,
      onNote: setPlace,
      onNotesChanged: notes.again,
    },
    open: captureId !== null && sourceUs !== null ? { captureId, sourceUs } : null,
    place,
    setPlace,
  }
}

const noNotes: readonly CaptureNote[] = []

/** What an alarm or its label pins is not for a person to let go. */
function PinButton({ capture: { value, again } }: { capture: CallState<'capture.read'> }) {
  const [busy, setBusy] = useState(false)
  if (!value || (value.capture.pin !== null && value.capture.pin !== 'hand')) return null
  const { id, pin } = value.capture
  const toggle = async (): Promise<void> => {
    setBusy(true)
    try {
      await bridge.call('capture.pin', { captureId: id, pinned: pin === null, reason: null })
      again()
    } catch (error) {
      toast('failed', failureOf(error).message)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Button kind="quiet" busy={busy} title={t('vibration.pinHint')} onClick={() => void toggle()}>
      {t(pin === null ? 'vibration.pin' : 'vibration.unpin')}
    </Button>
  )
}
