import type { CSSProperties } from 'react'
import type { PointValue } from '../../../shared/protocol/views.ts'
import { useNowUs } from '../../stores/clock.ts'
import { navigate } from '../../stores/router.ts'
import { formatAge, formatNumber, PointStateMark, t, tMaybe } from '../../ui/index.ts'
import { LevelMark } from '../../ui/LevelMark.tsx'
import { valueTitle } from '../../ui/value-title.ts'
import { rowId } from './row-id.ts'

interface CalloutProps {
  value: PointValue
  axis: string | null
  style: CSSProperties
}

/** What is measured: a waveform's feature and direction, a scalar's quantity. */
function footWords(value: PointValue, axis: string | null): string {
  const what = valueTitle(value)
  return axis === null ? what : `${what} · ${tMaybe(`axis.${axis}`, axis)}`
}

/** A fault of sensor or cable is what a person has to know of the number above it. */
function hidesValue({ state: { state } }: PointValue): boolean {
  return state === 'cable-fault' || state === 'sensor-fault' || state === 'comms-lost' || state === 'not-measured'
}

/** A value at its sensor. A waveform's opens its plots, a scalar's goes to its row. */
export function Callout({ value, axis, style }: CalloutProps) {
  const nowUs = useNowUs()
  const outdated = value.tUs !== null && nowUs - value.tUs > value.staleAfterMs * 1000 + 1_000_000
  const isDoubtful = value.freshness !== 'live' || outdated || value.quality !== 'good'
  const age = value.freshness === 'never' ? t('freshness.never') : formatAge(value.tUs, nowUs)
  const open = (): void => {
    if (value.kind === 'waveform') navigate({ page: 'vibration', pointIds: [value.pointId] })
    else document.getElementById(rowId(value))?.focus()
  }
  return (
    <button
      type="button"
      className={`callout level-${value.level}${isDoubtful ? ' hatched' : ''}`}
      style={style}
      onClick={open}
      title={value.pointId}
    >
      <span className="callout-name">
        <LevelMark level={value.level} size={12} />
        {value.state.state !== 'normal' && <PointStateMark state={value.state.state} size={12} />}
        <span>{value.name}</span>
      </span>
      <span className="callout-value">
        <b>{formatNumber(value.value)}</b>
        <span className="muted">{value.unit}</span>
      </span>
      <span className="callout-foot">
        {hidesValue(value)
          ? t(`pointState.${value.state.state}`)
          : isDoubtful
            ? `${age}${value.quality === 'good' ? '' : ` · ${value.statusName}`}`
            : footWords(value, axis)}
      </span>
    </button>
  )
}
