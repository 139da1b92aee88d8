import { useMemo } from 'react'
import { ColourMap } from '../../charts/index.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { useRemembered } from '../../stores/router.ts'
import { Popover, t } from '../../ui/index.ts'
import { Choice } from './Choice.tsx'
import { ExportMenu } from './ExportMenu.tsx'
import { usePane, type PaneProps } from './PaneParts.tsx'
import { useMap } from './use-map.ts'

const mapCounts = ['50', '100', '250', '500'] as const
const mapLines = ['400', '800', '1600', '3200'] as const
const mapTops = ['all', '500', '1000', '5000'] as const
const mapRanges = ['40', '60', '80', 'linear'] as const

interface MapChoices {
  by: 'time' | 'speed'
  drawing: 'colours' | 'cascade'
  range: (typeof mapRanges)[number]
  count: (typeof mapCounts)[number]
  lines: (typeof mapLines)[number]
  top: (typeof mapTops)[number]
}

const firstSpectra: MapChoices = { by: 'time', drawing: 'colours', range: '60', count: '100', lines: '800', top: 'all' }
const firstEnvelope: MapChoices = { ...firstSpectra, lines: '3200', top: '1000' }

interface MapOptionsProps {
  title: string
  options: MapChoices
  onOptions: (options: MapChoices) => void
}

function MapOptions({ title, options, onOptions }: MapOptionsProps) {
  const set = (change: Partial<MapChoices>): void => onOptions({ ...options, ...change })
  return (
    <Popover label={t('desk.optionsOf', { plot: title })} className="button button-quiet" trigger={t('desk.options')}>
      <div className="plot-options">
        <Choice
          label={t('desk.mapBy')}
          value={options.by}
          options={(['time', 'speed'] as const).map((one) => [one, t(`desk.mapBys.${one}`)])}
          onChange={(by) => set({ by })}
        />
        <Choice
          label={t('desk.mapDrawing')}
          value={options.drawing}
          options={(['colours', 'cascade'] as const).map((one) => [one, t(`desk.mapDrawings.${one}`)])}
          onChange={(drawing) => set({ drawing })}
        />
        <Choice
          label={t('desk.mapRange')}
          value={options.range}
          options={mapRanges.map((one) => [one, t(`desk.mapRanges.${one}`)])}
          onChange={(range) => set({ range })}
        />
        <Choice
          label={t('desk.mapCount')}
          value={options.count}
          options={mapCounts.map((one) => [one, one])}
          onChange={(count) => set({ count })}
        />
        <Choice
          label={t('desk.mapLines')}
          value={options.lines}
          options={mapLines.map((one) => [one, one])}
          onChange={(lines) => set({ lines })}
        />
        <Choice
          label={t('desk.mapTop')}
          value={options.top}
          options={mapTops.map((one) => [one, one === 'all' ? t('desk.mapAll') : one])}
          onChange={(top) => set({ top })}
        />
      </div>
    </Popover>
  )
}

export function MapPane(props: PaneProps) {
  const { kind, point, cursor, onOpenCapture } = props
  const of = kind === 'envelope-map' ? 'envelope' : 'spectrum'
  const pane = usePane(props, null)
  const zone = useTimeZone()
  const [options, setOptions] = useRemembered<MapChoices>(
    `${kind}-options`,
    of === 'envelope' ? firstEnvelope : firstSpectra,
  )
  const { by, drawing, range, count, lines, top } = options
  const topHz = top === 'all' ? null : Number(top)
  const state = useMap({ pointId: point.id, kind: of, count: Number(count), lines: Number(lines), topHz })
  const { data, rows, unit, progress, failure } = state
  const reading = useMemo(
    () => ({ by, drawing, rangeDb: range === 'linear' ? null : Number(range), progress, failure }),
    [by, drawing, range, progress, failure],
  )
  return (
    <ColourMap
      frame={pane.frame(
        <>
          <MapOptions title={pane.title} options={options} onOptions={setOptions} />
          <ExportMenu {...pane.exports} />
        </>,
      )}
      data={data}
      rows={rows}
      reading={reading}
      cursor={cursor}
      unit={unit}
      zone={zone}
      onOpen={onOpenCapture}
    />
  )
}
