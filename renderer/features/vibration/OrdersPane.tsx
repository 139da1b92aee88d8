import { useEffect, useMemo } from 'react'
import type { PlotAveraging, PlotOrders, PlotWindow } from '../../../shared/protocol/plots.ts'
import type { SpectrumFrame } from '../../../shared/protocol/views.ts'
import { FrameSource } from '../../bridge/frame-source.ts'
import {
  plainDisplay,
  SpectrumPlot,
  type SpectrumDisplay,
  type SpectrumReading,
  type View,
} from '../../charts/index.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { useRemembered } from '../../stores/router.ts'
import { useCall } from '../../stores/topic.ts'
import { formatTime, Popover, t } from '../../ui/index.ts'
import { Choice } from './Choice.tsx'
import { ExportMenu } from './ExportMenu.tsx'
import { AveragingChoice, HeightChoices, WindowChoice } from './OptionChoices.tsx'
import { usePane, type PaneProps } from './PaneParts.tsx'
import { colourIndexOf } from './point-tree.ts'

interface OrderSettings {
  window: PlotWindow
  averaging: PlotAveraging
  revolutions: number | null
}

const usualOrders: OrderSettings = { window: 'hann', averaging: 'power', revolutions: null }
const orderDisplay: SpectrumDisplay = { ...plainDisplay, axis: 'orders' }
const revolutionCounts = ['16', '32', '64', '128', '256'] as const
const liveMs = 8000
const liveEveryMs = 2000
/** What is shown before anybody has zoomed. */
const firstOrders = 20

function aboutOf(said: PlotOrders, live: boolean, zone: string): string {
  const [low, high] = said.rpmRange
  return t(live ? 'desk.ordersLive' : 'desk.ordersAbout', {
    at: formatTime(said.frame.tUs, zone),
    speed: t(`desk.speedFrom.${said.speedFrom}`),
    rpm:
      Math.round(low) === Math.round(high)
        ? t('plot.rpm', { rpm: Math.round(low) })
        : t('desk.rpmRange', { low: Math.round(low), high: Math.round(high) }),
    turns: said.revolutionsPerPiece,
    averages: said.averages,
  })
}

/** Spectrum over orders of the shaft, which a change of speed does not smear. */
export function OrdersPane(props: PaneProps) {
  const { plant, point, cursor, captureId } = props
  const zone = useTimeZone()
  const pane = usePane(props, null)
  const [settings, setSettings] = useRemembered<OrderSettings>('orders-settings', usualOrders)
  const [display, setDisplay] = useRemembered<SpectrumDisplay>('orders-display', orderDisplay)
  const [view, setView] = useRemembered<View | null>('orders-view', null)
  const live = captureId === null
  const of = live ? { pointId: point.id, lastMs: liveMs } : { captureId }
  const { value, failure } = useCall('plot.orders', { of, ...settings }, live ? liveEveryMs : undefined)
  const { source } = useMemo(
    () => ({ of: [point.id, captureId], source: new FrameSource<SpectrumFrame>() }),
    [point.id, captureId],
  )
  useEffect(() => {
    if (value || failure) source.take(value?.frame ?? null, failure)
  }, [source, value, failure])
  const stored = value ? aboutOf(value, live, zone) : t('plot.computing')
  const noise = value?.noiseBandwidthLines ?? 1.5
  const reading: SpectrumReading = useMemo(
    () => ({
      display,
      overlays: [],
      difference: false,
      hold: false,
      stored,
      noiseBandwidthLines: noise,
      notes: [],
      firstOrders,
    }),
    [display, stored, noise],
  )
  return (
    <SpectrumPlot
      frame={pane.frame(
        <>
          <OrderOptions
            title={pane.title}
            settings={settings}
            onSettings={setSettings}
            display={display}
            onDisplay={setDisplay}
          />
          <ExportMenu {...pane.exports} />
        </>,
      )}
      source={source}
      cursor={cursor}
      reading={reading}
      unit={point.contract?.unit ?? ''}
      colourIndex={colourIndexOf(plant, point.id)}
      merged
      view={view}
      onView={setView}
    />
  )
}

interface OrderOptionsProps {
  title: string
  settings: OrderSettings
  onSettings: (settings: OrderSettings) => void
  display: SpectrumDisplay
  onDisplay: (display: SpectrumDisplay) => void
}

function OrderOptions({ title, settings, onSettings, display, onDisplay }: OrderOptionsProps) {
  const set = (change: Partial<OrderSettings>): void => onSettings({ ...settings, ...change })
  return (
    <Popover label={t('desk.optionsOf', { plot: title })} className="button button-quiet" trigger={t('desk.options')}>
      <div className="plot-options">
        <Choice
          label={t('desk.revolutions')}
          value={settings.revolutions === null ? 'auto' : String(settings.revolutions)}
          options={[
            ['auto', t('desk.revolutionsAuto')],
            ...revolutionCounts.map((count) => [count, t('desk.revolutionsCount', { count: Number(count) })] as const),
          ]}
          onChange={(value) => set({ revolutions: value === 'auto' ? null : Number(value) })}
        />
        <WindowChoice window={settings.window} onWindow={(window) => set({ window })} />
        <AveragingChoice averaging={settings.averaging} onAveraging={(averaging) => set({ averaging })} />
        <HeightChoices display={display} onShow={(change) => onDisplay({ ...display, ...change })} />
      </div>
    </Popover>
  )
}
