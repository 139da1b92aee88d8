import type { ConditionAction, ConditionEntry } from '../../../shared/domain/condition.ts'
import { statusName } from '../../../shared/domain/status-names.ts'
import type { ServerAlarmView } from '../../../shared/protocol/views.ts'
import { useAlertAction } from '../../stores/alert-actions.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { useCall } from '../../stores/topic.ts'
import { Button, ErrorPane, formatTime, PriorityMark, Skeleton, t, tMaybe } from '../../ui/index.ts'
import { Facts } from '../../ui/Page.tsx'
import { ActionWords } from './ActionState.tsx'
import { canAnswer, canConfirm, canShelve, idOfAlarm, isShelved } from './alert-rows.ts'
import { doubtText, stateText } from './server-words.ts'

export type Ask = (action: ConditionAction) => void

/** All the server says of its alarm, and what may be asked of the server. */
export function ServerAlarmDetail({ alarm, onAsk }: { alarm: ServerAlarmView; onAsk: Ask }) {
  const { condition, reach } = alarm
  const zone = useTimeZone()
  const action = useAlertAction(idOfAlarm(alarm))
  const doubt = doubtText(alarm, zone)
  return (
    <aside className="panel alert-detail" aria-label={t('alerts.detail')}>
      <div className="alert-detail-head">
        <PriorityMark priority={alarm.priority} flashing={canAnswer(condition) && reach === 'live'} size={22} />
        <div>
          <h2>{condition.message === '' ? condition.conditionName : condition.message}</h2>
          <p className="muted">{t('serverAlarm.of', { server: alarm.serverName, source: condition.sourceName })}</p>
        </div>
      </div>
      {doubt !== null && (
        <p className="server-doubt hatched">
          {reach === 'unreachable' ? t('serverAlarm.lastState', { doubt }) : doubt}
        </p>
      )}
      <Actions alarm={alarm} onAsk={onAsk} isBusy={action?.phase === 'pending'} />
      <ActionWords action={action} />
      <StateFacts alarm={alarm} />
      <section>
        <h3>{t('alerts.history')}</h3>
        <History key={`${condition.eventId} ${action?.phase ?? ''}`} alarm={alarm} />
      </section>
    </aside>
  )
}

function Actions({ alarm, onAsk, isBusy }: { alarm: ServerAlarmView; onAsk: Ask; isBusy: boolean }) {
  const { condition } = alarm
  if (alarm.reach === 'unreachable') return <p className="small muted">{t('serverAlarm.noAction')}</p>
  return (
    <div className="alert-detail-actions">
      {canAnswer(condition) && (
        <Button kind="primary" busy={isBusy} onClick={() => onAsk('acknowledge')}>
          {t('alerts.acknowledge')}
        </Button>
      )}
      {canConfirm(condition) && (
        <Button kind="primary" busy={isBusy} onClick={() => onAsk('confirm')}>
          {t('serverAlarm.action.confirm')}
        </Button>
      )}
      {canShelve(condition) && (
        <Button busy={isBusy} onClick={() => onAsk('shelve')}>
          {t('serverAlarm.action.shelve')}
        </Button>
      )}
      {isShelved(condition) && (
        <Button busy={isBusy} onClick={() => onAsk('unshelve')}>
          {t('serverAlarm.action.unshelve')}
        </Button>
      )}
      <Button busy={isBusy} onClick={() => onAsk('comment')}>
        {t('serverAlarm.action.comment')}
      </Button>
    </div>
  )
}

function StateFacts({ alarm: { condition, serverName } }: { alarm: ServerAlarmView }) {
  const zone = useTimeZone()
  const { severity, activeSinceUs, unshelveUs, quality, comment, clientUserId } = condition
  const facts = [
    { label: t('alerts.col.state'), value: stateText(condition) },
    { label: t('serverAlarm.server'), value: serverName },
    { label: t('serverAlarm.condition'), value: condition.conditionName },
    { label: t('serverAlarm.source'), value: condition.sourceName },
    { label: t('serverAlarm.severity'), value: t('serverAlarm.severityOf', { severity }) },
    { label: t('alerts.col.since'), value: formatTime(activeSinceUs, zone) },
    { label: t('serverAlarm.heard'), value: formatTime(condition.heardUs, zone) },
  ]
  if (isShelved(condition))
    facts.push({
      label: t('serverAlarm.shelvedUntil'),
      value: unshelveUs === null ? t('serverAlarm.untilUnshelved') : formatTime(unshelveUs, zone),
    })
  if (quality >>> 30 !== 0) facts.push({ label: t('serverAlarm.quality'), value: statusName(quality) })
  if (comment !== '')
    facts.push({
      label: t('alerts.comment'),
      value: clientUserId === '' ? comment : t('serverAlarm.commentBy', { comment, who: clientUserId }),
    })
  return (
    <section>
      <h3>{t('serverAlarm.says')}</h3>
      <Facts facts={facts} />
      <p className="small muted selectable">
        <code>{condition.conditionId}</code>
      </p>
    </section>
  )
}

function History({ alarm: { condition } }: { alarm: ServerAlarmView }) {
  const zone = useTimeZone()
  const { serverId, conditionId } = condition
  const { value, failure, again } = useCall('serverAlarm.journal', {
    beforeId: null,
    limit: 50,
    of: { serverId, conditionId },
  })
  if (failure) return <ErrorPane title={t('alerts.historyFailed')} failure={failure} onRetry={again} />
  if (value === null) return <Skeleton rows={2} />
  if (value.rows.length === 0) return <p className="muted">{t('alerts.noHistory')}</p>
  return (
    <ol className="alert-history">
      {value.rows.map((entry) => (
        <li key={entry.id}>
          <span className="muted">{formatTime(entry.atUs, zone)}</span>
          <span className="selectable">{entryWords(entry)}</span>
        </li>
      ))}
    </ol>
  )
}

/** One row of the journal in words: what changed, who, and what was said. */
export function entryWords(entry: ConditionEntry): string {
  const { changes, by, comment, detail, message } = entry
  const isAsked = changes.some((change) => change === 'asked' || change === 'refused')
  const [verb = '', ...rest] = detail.split(': ')
  const words = isAsked
    ? t(changes.includes('asked') ? 'serverAlarm.asked' : 'serverAlarm.refused', {
        who: by,
        what: tMaybe(`serverAlarm.action.${verb}`, verb),
        why: rest.join(': '),
      })
    : changes.map((change) => t(`serverAlarm.change.${change}`)).join(', ')
  const said = [
    !isAsked && detail !== '' ? detail : '',
    !isAsked && message !== '' && !changes.includes('gone') ? message : '',
    changes.includes('commented') || (isAsked && comment !== '') ? `“${comment}”` : '',
    !isAsked && by !== '' ? t('serverAlarm.byServer', { who: by }) : '',
  ].filter((part) => part !== '')
  return said.length === 0 ? words : `${words}. ${said.join(' · ')}`
}
