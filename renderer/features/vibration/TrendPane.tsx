import { useCallback, useMemo, useState } from 'react'
import { featureNames } from '../../../shared/domain/features.ts'
import type { TrendFrame } from '../../../shared/protocol/views.ts'
import type { FrameSource } from '../../bridge/frame-source.ts'
import { DeskTrend, type TrendDesk } from '../../charts/index.ts'
import { useNowUs } from '../../stores/clock.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { useFrameSource } from '../../stores/frame-source.ts'
import { useRemembered } from '../../stores/router.ts'
import { useCall, useLast } from '../../stores/topic.ts'
import { t, tMaybe } from '../../ui/index.ts'
import { ExportMenu } from './ExportMenu.tsx'
import { featureUnit } from './feature-unit.ts'
import { usePane, type PaneProps } from './PaneParts.tsx'
import { colourIndexOf, pointWords } from './point-tree.ts'

const trendSpansMs = [
  600_000, 3_600_000, 28_800_000, 86_400_000, 604_800_000, 2_592_000_000, 7_776_000_000, 31_536_000_000, 63_072_000_000,
] as const

const trendColumns = 800

const stripEveryUs = 15e6

export function TrendPane(props: PaneProps) {
  const { plant, point, cursor, onOpenCapture } = props
  const pane = usePane(props, null)
  const [feature, setFeature] = useRemembered<string>('trend-feature', 'rms')
  const [spanMs, setSpanMs] = useRemembered<number>('trend-span', 3_600_000)
  const [zoom, setZoom] = useState<{ fromUs: number; toUs: number } | null>(null)
  const zone = useTimeZone()
  const unit = featureUnit(feature, point.contract?.unit ?? '')
  const asked = { pointId: point.id, feature, columns: trendColumns }
  const source: FrameSource<TrendFrame> = useFrameSource('trend', { ...asked, spanMs })
  const detail = useCall('trend.read', zoom === null ? null : { ...asked, ...zoom })
  // On the whole quarter of a minute: asked anew each second it would never be answered.
  const untilUs = Math.ceil(useNowUs() / stripEveryUs) * stripEveryUs
  const stripSpan = { fromUs: untilUs - stripEveryUs - spanMs * 1000, toUs: untilUs + 60e6 }
  const strip = useCall('plot.strip', { pointId: point.id, ...stripSpan })
  const shownStrip = useLast(strip.value)
  const pick = useCallback(
    (nearest: string | null) => {
      if (nearest !== null) onOpenCapture(nearest)
    },
    [onOpenCapture],
  )
  const desk: TrendDesk = useMemo(
    () => ({ cursor, strip: shownStrip, detail: detail.value, onView: setZoom, onPick: pick }),
    [cursor, shownStrip, detail.value, pick],
  )
  const chosen = tMaybe(`feature.${feature}`, feature)
  return (
    <DeskTrend
      key={`${feature} ${spanMs} ${point.id}`}
      frame={pane.frame(
        <ExportMenu {...pane.exports} title={`${pointWords(plant, point)}, ${chosen}`} />,
        <>
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
        </>,
      )}
      source={source}
      desk={desk}
      label={chosen}
      unit={unit}
      colourIndex={colourIndexOf(plant, point.id)}
      zone={zone}
    />
  )
}
