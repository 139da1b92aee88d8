import type { AlertView } from '../../../shared/protocol/views.ts'
import { acknowledgeAlert, useAlertAction } from '../../stores/alert-actions.ts'
import { useFeed } from '../../stores/feeds.ts'
import { navigate } from '../../stores/router.ts'
import { Age, Button, formatNumber, PriorityMark, t, tMaybe } from '../../ui/index.ts'
import { Panel } from '../../ui/Page.tsx'

export function MachineAlerts({ assetId }: { assetId: string }) {
  const open = useFeed((feeds) => feeds.alerts?.open ?? null)
  const own = open?.filter((view) => view.occurrence.assetId === assetId) ?? []
  return (
    <Panel title={t('machine.alerts')}>
      {own.length === 0 ? (
        <p className="muted">{t('machine.noAlerts')}</p>
      ) : (
        <ul className="machine-alerts">
          {own.map((view) => (
            <OpenAlert key={view.occurrence.id} view={view} />
          ))}
        </ul>
      )}
    </Panel>
  )
}

function OpenAlert({ view }: { view: AlertView }) {
  const { occurrence } = view
  const action = useAlertAction(occurrence.id)
  const isUnacknowledged = occurrence.acknowledgedUs === null
  return (
    <li className="machine-alert">
      <PriorityMark priority={occurrence.priority} flashing={isUnacknowledged} />
      <div className="machine-alert-words">
        <strong>{occurrence.contract.meaning}</strong>
        <div className="muted">
          {view.pointName} {tMaybe(`feature.${occurrence.feature}`, occurrence.feature)}
        </div>
        <div>
          {t('alerts.valueAgainst', {
            value: formatNumber(view.currentValue ?? occurrence.value),
            limit: formatNumber(occurrence.limit, 3),
            unit: view.unit,
          })}
        </div>
        <div className="muted">
          {t(`alarmState.${occurrence.state}`)} <Age tUs={occurrence.raisedUs} />
        </div>
        {action?.phase === 'failed' && (
          <p className="field-fault" role="alert">
            {action.failure.message}
          </p>
        )}
        <div className="machine-alert-actions">
          {isUnacknowledged && (
            <Button busy={action?.phase === 'pending'} onClick={() => void acknowledgeAlert(occurrence.id, '')}>
              {action?.phase === 'pending' ? t('alerts.acknowledging') : t('alerts.acknowledge')}
            </Button>
          )}
          <Button kind="quiet" onClick={() => navigate({ page: 'alerts', occurrenceId: occurrence.id })}>
            {t('machine.openAlert')}
          </Button>
        </div>
      </div>
    </li>
  )
}
