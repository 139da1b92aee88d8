import { useEffect, useState } from 'react'
import type { AlertsFrame } from '../../../shared/protocol/views.ts'
import { useFeed } from '../../stores/feeds.ts'
import type { Route } from '../../stores/route.ts'
import { navigate } from '../../stores/router.ts'
import { Button, Skeleton, t, Tabs } from '../../ui/index.ts'
import { Page } from '../../ui/Page.tsx'
import { StaleStrip } from '../../ui/StaleStrip.tsx'
import { idOfAlarm } from './alert-rows.ts'
import { AlertTable } from './AlertTable.tsx'
import { isActive, isAwaitingOutcome } from './criteria.ts'
import { Journal } from './Journal.tsx'
import { ServerJournal } from './ServerJournal.tsx'
import './alerts.css'

const tabIds = ['active', 'shelved', 'awaiting', 'journal', 'servers'] as const
type TabId = (typeof tabIds)[number]

function tabOf(route: Extract<Route, { page: 'alerts' }>, frame: AlertsFrame | null): TabId {
  const named = tabIds.find((id) => id === route.tab)
  if (named) return named
  // A link to one alert opens the tab that holds it.
  const view = frame?.open.find((candidate) => candidate.occurrence.id === route.occurrenceId)
  if (view) return isActive(view.occurrence) ? 'active' : 'awaiting'
  const alarm = frame?.servers.open.find((candidate) => idOfAlarm(candidate) === route.occurrenceId)
  return alarm?.condition.suppressedOrShelved === true ? 'shelved' : 'active'
}

export function AlertsPage({ route }: { route: Extract<Route, { page: 'alerts' }> }) {
  const frame = useFeed((feeds) => feeds.alerts)
  const { occurrenceId } = route
  const found = frame === null || occurrenceId === undefined || route.tab !== undefined ? null : tabOf(route, frame)
  // The tab a link led to stays: an alert that goes on to another one must not take a label along that is being written.
  useEffect(() => {
    if (found !== null && occurrenceId !== undefined)
      navigate({ page: 'alerts', occurrenceId, tab: found }, { replace: true })
  }, [found, occurrenceId])
  if (!frame) {
    return (
      <Page title={t('alerts.title')}>
        <Skeleton rows={8} />
      </Page>
    )
  }
  const active = frame.open.filter((view) => isActive(view.occurrence))
  const awaiting = frame.open.filter((view) => isAwaitingOutcome(view.occurrence))
  const shelved = frame.servers.open.filter(({ condition }) => condition.suppressedOrShelved)
  const alarms = frame.servers.open.filter(({ condition }) => !condition.suppressedOrShelved)
  const selected = route.occurrenceId ?? null
  const tab = tabOf(route, frame)
  const select = (occurrenceId: string): void => navigate({ page: 'alerts', occurrenceId, tab }, { replace: true })
  return (
    <Page title={t('alerts.title')} layout="fixed" className="alerts" subtitle={<Counts frame={frame} />}>
      <StaleStrip atUs={frame.atUs} />
      <Tabs
        label={t('alerts.tabs')}
        value={tab}
        onChange={(id) => {
          const next = tabIds.find((candidate) => candidate === id)
          if (next) navigate({ page: 'alerts', tab: next }, { replace: true })
        }}
        tabs={[
          {
            id: 'active',
            label: t('alerts.active'),
            count: active.length + alarms.length,
            content: (
              <ActiveAlerts
                views={active}
                alarms={alarms}
                more={frame.servers.more}
                isFlood={frame.flood}
                selected={selected}
                onSelect={select}
              />
            ),
          },
          {
            id: 'shelved',
            label: t('alerts.shelved'),
            count: shelved.length,
            content: (
              <AlertTable
                label={t('alerts.shelved')}
                views={[]}
                alarms={shelved}
                selected={selected}
                onSelect={select}
                empty={{ title: t('alerts.shelvedEmpty'), next: t('alerts.shelvedEmptyNext') }}
              />
            ),
          },
          {
            id: 'awaiting',
            label: t('alerts.awaiting'),
            count: awaiting.length,
            content: (
              <AlertTable
                label={t('alerts.awaiting')}
                views={awaiting}
                selected={selected}
                onSelect={select}
                empty={{ title: t('alerts.awaitingEmpty'), next: t('alerts.awaitingEmptyNext') }}
              />
            ),
          },
          { id: 'journal', label: t('alerts.journal'), content: <Journal selected={selected} onSelect={select} /> },
          { id: 'servers', label: t('alerts.serverJournal'), content: <ServerJournal /> },
        ]}
      />
    </Page>
  )
}

function Counts({ frame }: { frame: AlertsFrame }) {
  const all = [...Object.values(frame.unacknowledged), ...Object.values(frame.servers.unacknowledged)]
  const unacknowledged = all.reduce((sum, n) => sum + n, 0)
  return unacknowledged === 0 ? t('alerts.allSeen') : t('alerts.unacknowledged', { count: unacknowledged })
}

interface ActiveAlertsProps {
  views: AlertsFrame['open']
  alarms: AlertsFrame['servers']['open']
  /** Alarms of servers that were not sent. */
  more: number
  isFlood: boolean
  selected: string | null
  onSelect: (occurrenceId: string) => void
}

/** In a flood the machines are offered as filters, worst and first-out first, so that one machine can be worked at a time. */
function ActiveAlerts({ views, alarms, more, isFlood, selected, onSelect }: ActiveAlertsProps) {
  const [assetId, setAssetId] = useState<string | null>(null)
  const machines = new Map<string, { name: string; count: number }>()
  for (const { occurrence, assetName } of views) {
    const held = machines.get(occurrence.assetId)
    machines.set(occurrence.assetId, { name: assetName, count: (held?.count ?? 0) + 1 })
  }
  const chosen = assetId !== null && machines.has(assetId) ? assetId : null
  const shown = chosen === null ? views : views.filter((view) => view.occurrence.assetId === chosen)
  return (
    <div className="alerts-active">
      {(isFlood || chosen !== null) && (
        <div className="alerts-flood" role="status">
          {isFlood && <strong>{t('alerts.flood')}</strong>}
          {isFlood && <span>{t('alerts.floodWhat')}</span>}
          <div className="alerts-machines">
            <Button kind="quiet" aria-pressed={chosen === null} onClick={() => setAssetId(null)}>
              {t('alerts.allMachines', { count: views.length })}
            </Button>
            {[...machines].map(([id, { name, count }]) => (
              <Button key={id} kind="quiet" aria-pressed={id === chosen} onClick={() => setAssetId(id)}>
                {t('alerts.machineCount', { name, count })}
              </Button>
            ))}
          </div>
        </div>
      )}
      <AlertTable
        label={t('alerts.active')}
        views={shown}
        alarms={chosen === null ? alarms : []}
        selected={selected}
        onSelect={onSelect}
        empty={{ title: t('alerts.activeEmpty'), next: t('alerts.activeEmptyNext') }}
        footer={more > 0 && <p className="small muted">{t('alerts.more', { count: more })}</p>}
      />
    </div>
  )
}
