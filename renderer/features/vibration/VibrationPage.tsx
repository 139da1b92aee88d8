import { useCallback, useMemo } from 'react'
import type { PlantFile, Point } from '../../../shared/domain/plant-file.ts'
import { bridge } from '../../bridge/bridge.ts'
import { createSpectrumCursor, LiveWaveforms, type LivePoint, type WaveformSubscribe } from '../../charts/index.ts'
import { useFeed } from '../../stores/feeds.ts'
import { useFrameSource } from '../../stores/frame-source.ts'
import type { Route } from '../../stores/route.ts'
import { navigate, useHistoryEntry, useRemembered } from '../../stores/router.ts'
import { useStable } from '../../stores/topic.ts'
import { Button, Empty, ErrorPane, Skeleton, t, tMaybe } from '../../ui/index.ts'
import { Analysis } from './Analysis.tsx'
import { CaptureList } from './CaptureList.tsx'
import { Findings } from './Findings.tsx'
import { colourIndexOf, pointWords, shownPoints, toggled } from './point-tree.ts'
import { PointList } from './PointList.tsx'
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
  const spectrum = useFrameSource('spectrum', { pointId: focused.id, kind: 'spectrum' })
  const envelope = useFrameSource('spectrum', { pointId: focused.id, kind: 'envelope' })
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

  const show = (pointIds: readonly string[]): void => navigate({ page: 'vibration', pointIds }, { replace: true })
  const openCapture = (id: string | null): void =>
    navigate(
      { page: 'vibration', pointIds: [focused.id], ...(id === null ? {} : { captureId: id }) },
      { replace: true },
    )

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
        <CaptureList key={focused.id} pointId={focused.id} openId={captureId} onOpen={openCapture} />
      </aside>
      <div className="vibration-middle" data-region aria-label={t('vibration.plots')}>
        <div className="vibration-tools" role="toolbar" aria-label={t('vibration.tools')}>
          <h1>{several ? t('vibration.severalTitle', { count: points.length }) : pointWords(plant, focused)}</h1>
          <label className="vibration-window">
            <span className="muted">{t('vibration.window')}</span>
            <select
              className="plot-select"
              value={windowMs}
              onChange={(event) => setWindowMs(Number(event.target.value))}
            >
              {windowsMs.map((ms) => (
                <option key={ms} value={ms}>
                  {t(`liveWindow.${ms}`)}
                </option>
              ))}
            </select>
          </label>
          <Button aria-pressed={frozen} title={t('vibration.freezeHint')} onClick={() => setFrozen(!frozen)}>
            {t(frozen ? 'vibration.run' : 'vibration.freeze')}
          </Button>
        </div>
        {several ? (
          <LiveWaveforms points={live} subscribe={subscribe} windowMs={windowMs} frozen={frozen} onFrozen={setFrozen} />
        ) : (
          <Analysis
            plant={plant}
            point={focused}
            live={live}
            subscribe={subscribe}
            windowMs={windowMs}
            frozen={frozen}
            onFrozen={setFrozen}
            spectrum={spectrum}
            envelope={envelope}
            cursor={cursor}
            captureId={captureId}
            onCloseCapture={() => openCapture(null)}
          />
        )}
      </div>
      <Findings
        assetId={focused.assetId}
        pointId={focused.id}
        title={pointWords(plant, focused)}
        envelope={envelope}
        spectrum={spectrum}
        cursor={cursor}
      />
    </div>
  )
}
