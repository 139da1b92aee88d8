import { useMemo } from 'react'
import { CapturePlot, LiveWaveforms, type View } from '../../charts/index.ts'
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
