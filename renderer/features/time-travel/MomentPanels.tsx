import type { ReactNode } from 'react'
import type { MomentFrame } from '../../../shared/protocol/moment.ts'
import { navigate } from '../../stores/router.ts'
import { Button, formatDuration, formatNumber, formatTime, noValue, PriorityMark, t, tMaybe } from '../../ui/index.ts'
import { Facts, Panel } from '../../ui/Page.tsx'

interface PanelsProps {
  frame: MomentFrame
  zone: string
  /** The alert that led here. */
  occurrenceId: string | null
}

export function MomentAlerts({ frame, zone, occurrenceId }: PanelsProps) {
  return (
    <Panel title={t('moment.alerts')}>
      {frame.alerts.length === 0 ? (
        <p className="muted">{t('moment.noAlerts')}</p>
      ) : (
        <ul className="moment-alerts">
          {frame.alerts.map((view) => (
            <li key={view.occurrence.id} className={view.occurrence.id === occurrenceId ? 'moment-asked' : ''}>
              <PriorityMark priority={view.occurrence.priority} flashing={false} />
              <div>
                <strong>{view.occurrence.contract.meaning}</strong>
                <div className="muted">
                  {view.pointName} {tMaybe(`feature.${view.occurrence.feature}`, view.occurrence.feature)}
                </div>
                <div>
                  {t('alerts.valueAgainst', {
                    value: formatNumber(view.occurrence.value),
                    limit: formatNumber(view.occurrence.limit, 3),
                    unit: view.unit,
                  })}
                </div>
                <div className="muted">
                  {t('moment.alertState', {
                    state: t(`alarmState.${view.occurrence.state}`),
                    level: t(`level.${view.occurrence.level}`),
                    time: formatTime(view.occurrence.raisedUs, zone),
                  })}
                </div>
                <Button
                  kind="quiet"
                  onClick={() => navigate({ page: 'alerts', tab: 'journal', occurrenceId: view.occurrence.id })}
                >
                  {t('moment.openAlert')}
                </Button>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

/** Who or what judged, and by which limits: thresholds and software that were in force then. */
export function MomentJudgePanel({ frame: { judge }, zone }: Pick<PanelsProps, 'frame' | 'zone'>) {
  const by =
    judge.author === null ? noValue : t('moment.configurationBy', { author: judge.author, reason: judge.reason ?? '' })
  return (
    <Panel title={t('moment.judge')}>
      <Facts
        facts={[
          { label: t('moment.configuration'), value: <code>{judge.configHash?.slice(0, 12) ?? noValue}</code> },
          {
            label: t('moment.inForceSince'),
            value: judge.configFromUs === null ? noValue : formatTime(judge.configFromUs, zone),
          },
          { label: t('moment.setBy'), value: by },
          { label: t('moment.software'), value: judge.software ?? t('moment.softwareUnknown') },
          { label: t('moment.model'), value: judge.model ?? t('moment.noModel') },
        ]}
      />
    </Panel>
  )
}

export function MomentDataPanel({ frame, zone }: Pick<PanelsProps, 'frame' | 'zone'>) {
  const { sync, gaps, health } = frame
  const rows: { label: string; value: ReactNode }[] = [
    { label: t('moment.points'), value: t('moment.pointsFresh', { fresh: health.fresh, points: health.points }) },
    {
      label: t('moment.gaps'),
      value:
        gaps.length === 0
          ? t('moment.noGaps')
          : gaps.map((gap) => (
              <div key={`${gap.startUs} ${gap.cause}`} className="small">
                <span className="hatched">{tMaybe(`gap.${gap.cause}`, gap.cause)}</span>{' '}
                {t('moment.gapSince', { time: formatTime(gap.startUs, zone) })}
              </div>
            )),
    },
    ...(sync?.lanes ?? []).map((lane) => ({
      label: t('moment.lane', { destination: lane.destinationId, stream: t(`moment.stream.${lane.stream}`) }),
      value: t('moment.undelivered', { count: lane.undelivered }),
    })),
  ]
  return (
    <Panel title={t('moment.data')}>
      <Facts facts={rows} />
      <p className="small muted">
        {sync === null
          ? t('moment.noDeliveries')
          : t('moment.deliveriesAsOf', {
              time: formatTime(sync.asOfUs, zone),
              duration: formatDuration((frame.atUs - sync.asOfUs) / 1e6),
            })}
      </p>
    </Panel>
  )
}
