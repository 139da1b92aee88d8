import { useEffect } from 'react'
import type { MomentFrame } from '../../../shared/protocol/moment.ts'
import { browser } from '../../bridge/browser.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import type { Route } from '../../stores/route.ts'
import { navigate } from '../../stores/router.ts'
import { useCall } from '../../stores/topic.ts'
import { Empty, ErrorPane, formatTime, RunStateWord, Skeleton, t } from '../../ui/index.ts'
import { Page, Panel } from '../../ui/Page.tsx'
import { MomentAlerts, MomentDataPanel, MomentJudgePanel } from './MomentPanels.tsx'
import { MomentValues } from './MomentValues.tsx'
import { TimeBar } from './TimeBar.tsx'
import './time-travel.css'

type MomentRoute = Extract<Route, { page: 'moment' }>

function live(assetId: string): void {
  navigate({ page: 'machine', assetId })
}

/** A machine as it was at a past moment. Everything on the page is of then; the bar across its top says so, always in sight. */
export function MomentPage({ route }: { route: MomentRoute }) {
  const { assetId, atUs } = route
  const zone = useTimeZone()
  const { value, failure, again } = useCall('moment.asset', { assetId, atUs })
  useEffect(
    () =>
      browser.onKeyDown((event) => {
        // A field or a dialog takes its own Escape.
        const isElsewhere = event.target instanceof Element && event.target.closest('input, dialog') !== null
        if (event.key === 'Escape' && !event.defaultPrevented && !isElsewhere) live(assetId)
      }),
    [assetId],
  )
  const bar = (
    <TimeBar
      atUs={atUs}
      zone={zone}
      onChange={(next) => navigate({ ...route, atUs: next }, { replace: true })}
      onLive={() => live(assetId)}
    />
  )
  return (
    <div className="past">
      {bar}
      {failure ? (
        <Page title={assetId}>
          <ErrorPane title={t('moment.failed')} failure={failure} onRetry={again} />
        </Page>
      ) : value === null ? (
        <Page title={assetId}>
          <Skeleton rows={10} />
        </Page>
      ) : (
        <Moment frame={value} zone={zone} occurrenceId={route.occurrenceId ?? null} />
      )}
    </div>
  )
}

function Moment({ frame, zone, occurrenceId }: { frame: MomentFrame; zone: string; occurrenceId: string | null }) {
  return (
    <Page
      title={t('moment.title', { name: frame.assetName })}
      className="moment"
      subtitle={
        <span className="machine-state">
          <span>{frame.lineName}</span>
          <RunStateWord state={frame.runState} />
          {frame.runStateSinceUs !== null && (
            <span className="muted">{t('moment.since', { time: formatTime(frame.runStateSinceUs, zone) })}</span>
          )}
          {frame.rpm !== null && <span>{t('machine.speed', { rpm: Math.round(frame.rpm) })}</span>}
        </span>
      }
    >
      {!frame.recording && (
        <p className="stale-strip hatched" role="status">
          <span>{t('moment.notRecording')}</span>
        </p>
      )}
      <div className="machine-columns">
        <div className="stack">
          <Panel title={t('moment.health')}>
            <p>
              <strong>{t(`moment.condition.${frame.health.condition}`)}</strong> <span>{frame.health.why}</span>
            </p>
          </Panel>
          <Panel title={t('moment.values')}>
            {frame.values.length === 0 ? (
              <Empty title={t('machine.noPoints')} next={t('moment.noPointsNext')} />
            ) : (
              <MomentValues values={frame.values} atUs={frame.atUs} />
            )}
          </Panel>
        </div>
        <div className="stack">
          <MomentAlerts frame={frame} zone={zone} occurrenceId={occurrenceId} />
          <MomentJudgePanel frame={frame} zone={zone} />
          <MomentDataPanel frame={frame} zone={zone} />
        </div>
      </div>
    </Page>
  )
}
