import { useState } from 'react'
import type { Point } from '../../../shared/domain/plant-file.ts'
import { countPointStates, type PointState } from '../../../shared/domain/point-state.ts'
import { derivationOfValue } from '../../../shared/domain/value-derivation.ts'
import type { MachineFrame, PointValue } from '../../../shared/protocol/views.ts'
import { useNowUs } from '../../stores/clock.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { navigate } from '../../stores/router.ts'
import { useTopic } from '../../stores/topic.ts'
import {
  Button,
  Empty,
  formatClock,
  formatNumber,
  formatTime,
  noValue,
  PointStateFilter,
  PointStateReasonWords,
  PointStateWord,
  t,
  tMaybe,
  Value,
  zoneName,
} from '../../ui/index.ts'
import { derivationShort, derivationWords } from '../../ui/derivation-words.ts'
import { LevelMark } from '../../ui/LevelMark.tsx'
import { LimitLines } from '../../ui/LimitLines.tsx'
import { TableHead } from '../../ui/TableHead.tsx'
import { TrendSpark } from '../../ui/TrendSpark.tsx'
import { valueTitle } from '../../ui/value-title.ts'
import { rowId } from './row-id.ts'
import { useMayWrite, WriteDialog } from './WriteDialog.tsx'

/** Rows with a trend of their own; a window may hold 64 subscriptions in all. */
const trendRows = 32
const trendSpanMs = 86_400_000

interface ValuesTableProps {
  values: readonly PointValue[]
  /** Points without a contract. */
  unruled: MachineFrame['unruled']
  points: readonly Point[]
}

export function ValuesTable({ values, unruled, points }: ValuesTableProps) {
  const zone = useTimeZone()
  const nowUs = useNowUs()
  const [wanted, setWanted] = useState<PointState | null>(null)
  const counts = countPointStates(new Map(values.map(({ pointId, state }) => [pointId, state.state])).values())
  counts['no-contract'] = unruled.length
  const shown = wanted === null ? values : values.filter(({ state }) => state.state === wanted)
  const grey = wanted === null || wanted === 'no-contract' ? unruled : []
  return (
    <div className="table-scroll">
      <div className="values-tools">
        <PointStateFilter counts={counts} value={wanted} onChange={setWanted} />
      </div>
      {shown.length + grey.length === 0 && <Empty title={t('pointStateNone')} next={t('pointStateNoneNext')} />}
      <table className="data-table values-table">
        <TableHead
          columns={[
            { title: t('machine.col.point') },
            { title: t('machine.col.value'), className: 'number' },
            { title: t('machine.col.limits'), className: 'number' },
            { title: t('machine.col.range'), className: 'number' },
            { title: t('machine.col.state') },
            { title: t('machine.col.times', { zone: zoneName(nowUs, zone) }) },
            { title: t('machine.col.trend') },
          ]}
        />
        <tbody>
          {shown.map((value, index) => (
            <ValueRow
              key={rowId(value)}
              value={value}
              point={points.find((point) => point.id === value.pointId)}
              hasTrend={index < trendRows}
              zone={zone}
            />
          ))}
          {grey.map((point) => (
            <GreyRow key={point.pointId} point={point} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface ValueRowProps {
  value: PointValue
  point: Point | undefined
  hasTrend: boolean
  zone: string
}

function ValueRow({ value, point, hasTrend, zone }: ValueRowProps) {
  const mayWrite = useMayWrite(point)
  const [writes, setWrites] = useState(false)
  const derivation = derivationOfValue(value.feature, point?.contract?.version ?? 1)
  const placement = [point?.contract?.placement, value.componentId].find((text) => text !== undefined && text !== null)
  return (
    <tr id={rowId(value)} tabIndex={-1}>
      <th scope="row">
        {value.kind === 'waveform' ? (
          <Button
            kind="quiet"
            className="row-link"
            onClick={() => navigate({ page: 'vibration', pointIds: [value.pointId] })}
          >
            {value.name}
          </Button>
        ) : (
          value.name
        )}
        {mayWrite && (
          <Button
            className="row-write"
            aria-label={t('write.title', { name: value.name })}
            onClick={() => setWrites(true)}
          >
            {t('write.open')}
          </Button>
        )}
        {writes && point && <WriteDialog point={point} name={value.name} onClose={() => setWrites(false)} />}
        <div className="small muted">
          {[valueTitle(value), placement, latencyWords(value)].filter((text) => text !== undefined).join(' · ')}
        </div>
        <div className="small muted" title={derivationWords(derivation)}>
          {derivationShort(derivation)}
          <span className="visually-hidden"> {derivationWords(derivation)}</span>
        </div>
      </th>
      <td className="number">
        <span className="value-with-level">
          <LevelMark level={value.level} />
          <Value
            value={value.value}
            unit={value.unit}
            tUs={value.tUs}
            freshness={value.freshness}
            quality={value.quality}
            staleAfterMs={value.staleAfterMs}
          />
        </span>
      </td>
      <td className="number">
        <LimitLines limits={value.limits} />
      </td>
      <td className="number">
        {value.range === null
          ? noValue
          : t('machine.range', { low: formatNumber(value.range[0], 3), high: formatNumber(value.range[1], 3) })}
      </td>
      <td>
        <State value={value} />
      </td>
      <td>
        <Times value={value} zone={zone} />
      </td>
      <td>{hasTrend && <RowTrend value={value} />}</td>
    </tr>
  )
}

/** A live one needs no word. */
function latencyWords({ latency }: PointValue): string | undefined {
  return latency === 'live' ? undefined : t(`latency.${latency}`)
}

/** What the point is, why and since when; the status beside it where the source said one. */
function State({ value: { quality, state, statusName } }: { value: PointValue }) {
  return (
    <>
      <PointStateWord state={state.state} />
      <div>
        <PointStateReasonWords view={state} />
      </div>
      {quality !== 'good' && <div className="small muted">{statusName}</div>}
    </>
  )
}

/** Nothing is asked of the server for it, so there is no value to show. */
function GreyRow({ point }: { point: MachineFrame['unruled'][number] }) {
  return (
    <tr className="values-grey">
      <th scope="row">
        {point.name}
        <div className="small muted">{point.pointId}</div>
      </th>
      <td className="number muted">{noValue}</td>
      <td className="number muted">{noValue}</td>
      <td className="number muted">{noValue}</td>
      <td>
        <PointStateWord state="no-contract" />
        <div className="small muted">{t('pointStateReason.no-contract')}</div>
      </td>
      <td className="muted">{noValue}</td>
      <td />
    </tr>
  )
}

function Times({ value: { tUs, serverUs }, zone }: { value: PointValue; zone: string }) {
  const nowUs = useNowUs()
  if (tUs === null) return <span className="muted">{noValue}</span>
  const isToday = nowUs - tUs < 12 * 3600 * 1e6
  return (
    <>
      <div>{t('machine.sourceTime', { time: isToday ? formatClock(tUs, zone) : formatTime(tUs, zone, nowUs) })}</div>
      {serverUs !== null && (
        <div className="muted">
          {t('machine.serverTime', { time: isToday ? formatClock(serverUs, zone) : formatTime(serverUs, zone, nowUs) })}
        </div>
      )}
    </>
  )
}

function RowTrend({ value }: { value: PointValue }) {
  const { frame, failure } = useTopic('trend', {
    pointId: value.pointId,
    feature: value.feature,
    spanMs: trendSpanMs,
    columns: 140,
  })
  if (failure) return <span className="small muted">{failure.message}</span>
  return (
    <TrendSpark
      trend={frame}
      limits={value.limits}
      width={140}
      height={36}
      label={t('machine.trendOf', { name: value.name, feature: tMaybe(`feature.${value.feature}`, value.feature) })}
    />
  )
}
