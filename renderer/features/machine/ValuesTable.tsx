import { useState } from 'react'
import type { Point } from '../../../shared/domain/plant-file.ts'
import type { PointValue } from '../../../shared/protocol/views.ts'
import { useNowUs } from '../../stores/clock.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { navigate } from '../../stores/router.ts'
import { useTopic } from '../../stores/topic.ts'
import { Button, formatClock, formatNumber, formatTime, noValue, t, tMaybe, Value, zoneName } from '../../ui/index.ts'
import { LevelMark } from '../../ui/LevelMark.tsx'
import { LimitLines } from '../../ui/LimitLines.tsx'
import { TrendSpark } from '../../ui/TrendSpark.tsx'
import { valueTitle } from '../../ui/value-title.ts'
import { rowId } from './row-id.ts'
import { useMayWrite, WriteDialog } from './WriteDialog.tsx'

/** Rows with a trend of their own; a window may hold 64 subscriptions in all. */
const trendRows = 32
const trendSpanMs = 86_400_000

export function ValuesTable({ values, points }: { values: readonly PointValue[]; points: readonly Point[] }) {
  const zone = useTimeZone()
  const nowUs = useNowUs()
  return (
    <div className="table-scroll">
      <table className="data-table values-table">
        <thead>
          <tr>
            <th scope="col">{t('machine.col.point')}</th>
            <th scope="col" className="number">
              {t('machine.col.value')}
            </th>
            <th scope="col" className="number">
              {t('machine.col.limits')}
            </th>
            <th scope="col" className="number">
              {t('machine.col.range')}
            </th>
            <th scope="col">{t('machine.col.quality')}</th>
            <th scope="col">{t('machine.col.times', { zone: zoneName(nowUs, zone) })}</th>
            <th scope="col">{t('machine.col.trend')}</th>
          </tr>
        </thead>
        <tbody>
          {values.map((value, index) => (
            <ValueRow
              key={rowId(value)}
              value={value}
              point={points.find((point) => point.id === value.pointId)}
              hasTrend={index < trendRows}
              zone={zone}
            />
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
          {[valueTitle(value), placement].filter((text) => text !== undefined).join(' · ')}
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
        <Quality value={value} />
      </td>
      <td>
        <Times value={value} zone={zone} />
      </td>
      <td>{hasTrend && <RowTrend value={value} />}</td>
    </tr>
  )
}

/** A good value that no longer arrives is the last known one, not a good one. */
function Quality({ value: { quality, freshness, statusName } }: { value: PointValue }) {
  if (freshness === 'never') return <span className="muted">{noValue}</span>
  if (freshness !== 'live') return <span className="hatched">{t('machine.lastKnown')}</span>
  if (quality === 'good') return t('quality.good')
  return (
    <>
      <span className="hatched">{t(`quality.${quality}`)}</span>
      <div className="small muted">{statusName}</div>
    </>
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
