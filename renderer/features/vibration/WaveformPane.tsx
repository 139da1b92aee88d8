import { useMemo } from 'react'
import { CapturePlot, LivePlot, type View } from '../../charts/index.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { useRemembered } from '../../stores/router.ts'
import { ErrorPane, formatTime, Popover, Skeleton, t } from '../../ui/index.ts'
import { ExportMenu } from './ExportMenu.tsx'
import { KindChoice, placed, usePane, type PaneProps } from './PaneParts.tsx'
import { colourIndexOf } from './point-tree.ts'

export function WaveformPane(props: PaneProps) {
  const { captureId, capture, plant, point, cursor, notes } = props
  const zone = useTimeZone()
  const [view, setView] = useRemembered<View | null>(`wave-view ${captureId}`, null)
  const [hold, setHold] = useRemembered<boolean>('wave-hold', false)
  const pane = usePane(props, 'waveform')
  const marks = useMemo(() => placed(notes, 'waveform'), [notes])
  const reading = useMemo(() => ({ hold, notes: marks }), [hold, marks])
  const colourIndex = colourIndexOf(plant, point.id)
  if (captureId === null) return <LivePane {...props} hold={hold} onHold={setHold} />
  const { value, failure, again } = capture
  if (failure || !value)
    return (
      <section className="plot" tabIndex={0} aria-label={t('vibration.capturedWaveform')}>
        <header className="plot-head">
          <KindChoice {...props} />
        </header>
        {failure ? (
          <ErrorPane title={t('vibration.captureUnreadable')} failure={failure} onRetry={again} />
        ) : (
          <Skeleton rows={4} label={t('vibration.captureLoading')} />
        )}
      </section>
    )
  const { capture: head, samples } = value
  const about = t('vibration.captureAbout', {
    at: formatTime(head.sourceUs, zone),
    cause: t(`captureCause.${head.cause}`),
  })
  return (
    <CapturePlot
      key={captureId}
      frame={{
        ...pane.frame(
          <>
            <HoldOption hold={hold} onHold={setHold} hint={t('desk.waveHoldHint')} />
            <ExportMenu {...pane.exports} title={`${pane.exports.title}, ${about}`} />
          </>,
        ),
        title: t('vibration.capturedWaveform'),
      }}
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
    />
  )
}

interface LivePaneProps extends PaneProps {
  hold: boolean
  onHold: (hold: boolean) => void
}

function LivePane(props: LivePaneProps) {
  const { live, subscribe, windowMs, frozen, onFrozen, hold, onHold } = props
  const pane = usePane(props, null)
  const [point] = live
  if (!point) return null
  const frame = pane.frame(
    <>
      <HoldOption hold={hold} onHold={onHold} hint={t('desk.liveHoldHint')} />
      <ExportMenu {...pane.exports} />
    </>,
  )
  return (
    <LivePlot
      frame={{
        ...frame,
        title: t('plot.waveformOf', { title: pane.title }),
        onKey: (event) => {
          if (event.key !== ' ') return frame.onKey?.(event) === true
          onFrozen(!frozen)
          return true
        },
      }}
      point={point}
      subscribe={subscribe}
      windowMs={windowMs}
      frozen={frozen}
      hold={hold}
    />
  )
}

function HoldOption({ hold, onHold, hint }: { hold: boolean; onHold: (hold: boolean) => void; hint: string }) {
  return (
    <Popover
      label={t('desk.optionsOf', { plot: t('desk.kinds.waveform') })}
      className="button button-quiet"
      trigger={t('desk.options')}
    >
      <label className="plot-check" title={hint}>
        <input type="checkbox" checked={hold} onChange={(event) => onHold(event.target.checked)} />
        {t('desk.hold')}
      </label>
    </Popover>
  )
}
