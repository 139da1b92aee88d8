import type { MomentValue } from '../../../shared/protocol/moment.ts'
import type { TimeUs } from '../../../shared/domain/time.ts'
import { useCall } from '../../stores/topic.ts'
import { formatDuration, formatNumber, noValue, t } from '../../ui/index.ts'
import { LevelMark } from '../../ui/LevelMark.tsx'
import { LimitLines } from '../../ui/LimitLines.tsx'
import { TrendSpark } from '../../ui/TrendSpark.tsx'
import { valueTitle } from '../../ui/value-title.ts'

/** Rows with the hour before; more would only be read, not looked at. */
const trendRows = 16
const trendSpanUs = 3600e6
const trendColumns = 140

export function MomentValues({ values, atUs }: { values: readonly MomentValue[]; atUs: TimeUs }) {
  return (
    <div className="table-scroll">
      <table className="data-table moment-values">
        <thead>
          <tr>
            <th scope="col">{t('machine.col.point')}</th>
            <th scope="col" className="number">
              {t('moment.col.value')}
            </th>
            <th scope="col" className="number">
              {t('moment.col.limits')}
            </th>
            <th scope="col">{t('moment.col.quality')}</th>
            <th scope="col">{t('moment.col.age')}</th>
            <th scope="col">{t('moment.col.trend')}</th>
          </tr>
        </thead>
        <tbody>
          {values.map((value, index) => (
            <Row key={`${value.pointId} ${value.feature}`} value={value} atUs={atUs} hasTrend={index < trendRows} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Row({ value, atUs, hasTrend }: { value: MomentValue; atUs: TimeUs; hasTrend: boolean }) {
  const isDoubtful = value.freshness !== 'live' || value.quality !== 'good'
  return (
    <tr>
      <th scope="row">
        {value.name}
        <div className="small muted">{valueTitle(value)}</div>
      </th>
      <td className="number">
        <span className="value-with-level">
          <LevelMark level={value.level} />
          <span className={`value${isDoubtful ? ' hatched' : ''}`}>
            <span className="value-number">{formatNumber(value.value)}</span>
            <span className="value-unit">{value.unit}</span>
          </span>
        </span>
      </td>
      <td className="number">
        <LimitLines limits={value.limits} />
      </td>
      <td>
        <Quality value={value} />
      </td>
      <td>{value.ageS === null ? noValue : t('moment.age', { duration: formatDuration(value.ageS) })}</td>
      <td>{hasTrend && <HourBefore value={value} atUs={atUs} />}</td>
    </tr>
  )
}

function Quality({ value: { quality, freshness, statusName } }: { value: MomentValue }) {
  if (freshness === 'never') return <span className="hatched">{t('moment.noValueYet')}</span>
  if (freshness !== 'live') return <span className="hatched">{t(`moment.was.${freshness}`)}</span>
  if (quality === 'good') return t('quality.good')
  return (
    <>
      <span className="hatched">{t(`quality.${quality}`)}</span>
      <div className="small muted">{statusName}</div>
    </>
  )
}

/** Stepping on before it came cancels it. */
function HourBefore({ value, atUs }: { value: MomentValue; atUs: TimeUs }) {
  const { pointId, feature } = value
  const range = { fromUs: atUs - trendSpanUs, toUs: atUs + 1, columns: trendColumns }
  const { value: trend, failure } = useCall('trend.read', { pointId, feature, ...range })
  if (failure) return <span className="small muted">{failure.message}</span>
  return (
    <TrendSpark
      trend={trend}
      limits={value.limits}
      width={140}
      height={36}
      label={t('moment.trendOf', { name: value.name, feature: valueTitle(value) })}
    />
  )
}
