import type { AlertTransition } from '../../../shared/domain/alert.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { useCall } from '../../stores/topic.ts'
import { ErrorPane, formatNumber, formatTime, Skeleton, t } from '../../ui/index.ts'

/** Read again whenever the occurrence changed: `changedUs` is only the sign for it. */
export function History({ occurrenceId, changedUs, unit }: { occurrenceId: string; changedUs: string; unit: string }) {
  return (
    <section>
      <h3>{t('alerts.history')}</h3>
      <HistoryRows key={changedUs} occurrenceId={occurrenceId} unit={unit} />
    </section>
  )
}

function HistoryRows({ occurrenceId, unit }: { occurrenceId: string; unit: string }) {
  const zone = useTimeZone()
  const { value, failure, again } = useCall('alert.history', { occurrenceId })
  if (failure) return <ErrorPane title={t('alerts.historyFailed')} failure={failure} onRetry={again} />
  if (value === null) return <Skeleton rows={2} />
  if (value.transitions.length === 0) return <p className="muted">{t('alerts.noHistory')}</p>
  return (
    <ol className="alert-history">
      {value.transitions.toReversed().map((transition) => (
        <li key={`${transition.atUs}-${transition.kind}`}>
          <span className="muted">{formatTime(transition.atUs, zone)}</span>
          <span className="selectable">{transitionWords(transition, unit)}</span>
        </li>
      ))}
    </ol>
  )
}

function transitionWords(transition: AlertTransition, unit: string): string {
  const { kind, by, comment, outcome } = transition
  const values = { value: formatNumber(transition.value, 3), limit: formatNumber(transition.limit, 3), unit, who: by }
  const words = t(`alerts.transition.${kind}`, {
    ...values,
    outcome: outcome === null ? '' : t(`outcome.${outcome}.name`),
  })
  return comment === null ? words : `${words} “${comment}”`
}
