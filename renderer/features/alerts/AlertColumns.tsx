import { isJudged } from '../../../shared/domain/point-state.ts'
import type { AlertView, ServerAlarmView } from '../../../shared/protocol/views.ts'
import { useNowUs } from '../../stores/clock.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import {
  formatClock,
  formatNumber,
  formatTime,
  PointStateMark,
  PriorityMark,
  t,
  tMaybe,
  type Column,
} from '../../ui/index.ts'
import { canAnswer, type AlertRow } from './alert-rows.ts'
import { clockText, countdownOf } from './criteria.ts'
import { doubtText, stateText } from './server-words.ts'

/** A cell of our own alerts and one of servers' alarms, under one title. */
function both(own: (view: AlertView) => React.ReactNode, server: (alarm: ServerAlarmView) => React.ReactNode) {
  return (row: AlertRow): React.ReactNode => (row.kind === 'own' ? own(row.view) : server(row.alarm))
}

const mark = both(
  ({ occurrence }) => (
    <PriorityMark priority={occurrence.priority} flashing={occurrence.acknowledgedUs === null} size={16} />
  ),
  ({ priority, condition, reach }) => (
    <PriorityMark priority={priority} flashing={canAnswer(condition) && reach === 'live'} size={16} />
  ),
)
const since = both(
  ({ occurrence }) => <Since tUs={occurrence.raisedUs} />,
  ({ condition }) => <Since tUs={condition.activeSinceUs} />,
)
const machine = both(
  (view) => view.assetName,
  ({ serverName, condition }) => (
    <span title={t('serverAlarm.markHint', { server: serverName })}>
      <span className="server-mark">{t('serverAlarm.mark')}</span> {condition.sourceName}{' '}
      <span className="muted">{serverName}</span>
    </span>
  ),
)
const value = both(
  (view) => <Against view={view} />,
  ({ condition }) => <span className="muted">{t('serverAlarm.severityShort', { severity: condition.severity })}</span>,
)
const what = both(
  ({ occurrence, pointName }) => (
    <span title={occurrence.contract.meaning}>
      {occurrence.contract.meaning} <span className="muted">{pointName}</span>
    </span>
  ),
  ({ condition: { message, conditionName } }) => (
    <span title={message}>
      {message === '' ? conditionName : message} <span className="muted">{message === '' ? '' : conditionName}</span>
    </span>
  ),
)
const state = both(
  (view) => <OwnState view={view} />,
  (alarm) => <ServerState alarm={alarm} />,
)

/** A mark where the rule is held back now: nothing moves the alert until its point measures again. */
function OwnState({ view: { occurrence, pointState } }: { view: AlertView }) {
  const words = t(`alarmState.${occurrence.state}`)
  if (pointState === null || isJudged(pointState.state)) return words
  return (
    <span className="state-word" title={t('alerts.heldBackShort', { state: t(`pointState.${pointState.state}`) })}>
      <PointStateMark state={pointState.state} />
      {words}
    </span>
  )
}

function ServerState({ alarm }: { alarm: ServerAlarmView }) {
  const doubt = doubtText(alarm, useTimeZone())
  const words = stateText(alarm.condition)
  const whole = doubt === null ? words : t('serverAlarm.was', { doubt, words })
  return <span title={whole}>{whole}</span>
}

function Since({ tUs }: { tUs: number }) {
  const zone = useTimeZone()
  const nowUs = useNowUs()
  return nowUs - tUs < 12 * 3600 * 1e6 ? formatClock(tUs, zone) : formatTime(tUs, zone, nowUs)
}

function Against({ view: { occurrence, currentValue, unit } }: { view: AlertView }) {
  return (
    <>
      <strong>{formatNumber(currentValue ?? occurrence.value, 3)}</strong>
      <span className="muted">{t('alerts.against', { limit: formatNumber(occurrence.limit, 3), unit })}</span>
    </>
  )
}

function RespondBy({ view }: { view: AlertView }) {
  const countdown = countdownOf(view.occurrence, useNowUs())
  if (countdown.kind === 'met') return <span className="muted">{t('alerts.inTime')}</span>
  if (countdown.kind === 'late') return t('alerts.late', { time: clockText(countdown.seconds) })
  if (countdown.kind === 'overdue')
    return <strong className="overdue">{t('alerts.overdue', { time: clockText(countdown.seconds) })}</strong>
  return <span className={countdown.tight ? 'tight' : ''}>{clockText(countdown.seconds)}</span>
}

export function openColumns(): Column<AlertRow>[] {
  return [
    { id: 'mark', title: t('alerts.col.priority'), hasHiddenTitle: true, width: '18px', cell: mark },
    { id: 'since', title: t('alerts.col.since'), width: '62px', cell: since },
    { id: 'machine', title: t('alerts.col.machine'), width: 'minmax(108px, 0.8fr)', cell: machine },
    { id: 'what', title: t('alerts.col.what'), width: 'minmax(120px, 2fr)', cell: what },
    { id: 'value', title: t('alerts.col.value'), width: '112px', align: 'end', cell: value },
    { id: 'state', title: t('alerts.col.state'), width: 'minmax(116px, 0.5fr)', cell: state },
    {
      id: 'owner',
      title: t('alerts.col.owner'),
      width: 'minmax(90px, 0.5fr)',
      cell: both(
        ({ occurrence }) => occurrence.contract.recipient,
        () => <span className="muted">{t('serverAlarm.onServer')}</span>,
      ),
    },
    {
      id: 'respond',
      title: t('alerts.col.respond'),
      width: '86px',
      align: 'end',
      cell: both(
        (view) => <RespondBy view={view} />,
        () => null,
      ),
    },
  ]
}

/** The journal is of our own alerts alone; servers' alarms have one of their own. */
export function journalColumns(): Column<AlertRow>[] {
  return [
    ...openColumns().filter((column) => column.id !== 'respond' && column.id !== 'owner' && column.id !== 'value'),
    {
      id: 'peak',
      title: t('alerts.col.peak'),
      width: '110px',
      align: 'end',
      cell: both(
        ({ occurrence, unit }) => `${formatNumber(occurrence.peakValue, 3)} ${unit}`,
        () => null,
      ),
    },
    {
      id: 'outcome',
      title: t('alerts.col.outcome'),
      width: 'minmax(110px, 0.9fr)',
      cell: both(
        ({ occurrence }) =>
          occurrence.outcome === null
            ? t('alerts.noOutcome')
            : tMaybe(`outcome.${occurrence.outcome}.name`, occurrence.outcome),
        () => null,
      ),
    },
  ]
}
