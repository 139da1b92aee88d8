import { useState } from 'react'
import type { LimitsInForce } from '../../../shared/domain/operating-limits.ts'
import { isAdvice } from '../../../shared/protocol/health.ts'
import type { AlertView } from '../../../shared/protocol/views.ts'
import { useAlertAction } from '../../stores/alert-actions.ts'
import { useNowUs } from '../../stores/clock.ts'
import { useFeed, useTimeZone } from '../../stores/feeds.ts'
import { navigate } from '../../stores/router.ts'
import { isJudged } from '../../../shared/domain/point-state.ts'
import { derivationOfAlert, derivationOfValue } from '../../../shared/domain/value-derivation.ts'
import {
  Button,
  formatNumber,
  formatTime,
  noValue,
  PointStateReasonWords,
  PointStateWord,
  PriorityMark,
  t,
  tMaybe,
} from '../../ui/index.ts'
import { derivationWords } from '../../ui/derivation-words.ts'
import { limitState, limitWhy } from '../../ui/limit-words.ts'
import { Facts } from '../../ui/Page.tsx'
import { ActionWords } from './ActionState.tsx'
import { canAcknowledge, canLabel } from './criteria.ts'
import { openEvidence } from './evidence.ts'
import { History } from './History.tsx'
import { ReportDialog } from './ReportDialog.tsx'
import { Why } from './Why.tsx'

interface AlertDetailProps {
  view: AlertView
  onAcknowledge: () => void
  onLabel: () => void
}

/** Everything the alert promises to the person who receives it, and what happened to it so far. */
export function AlertDetail({ view, onAcknowledge, onLabel }: AlertDetailProps) {
  const { occurrence, unit } = view
  const action = useAlertAction(occurrence.id)
  const isPending = action?.phase === 'pending'
  const { contract } = occurrence
  const [isReporting, setIsReporting] = useState(false)
  const changedUs = `${occurrence.changedUs} ${occurrence.acknowledgedUs} ${occurrence.labelledUs}`
  return (
    <aside className="panel alert-detail" aria-label={t('alerts.detail')}>
      <div className="alert-detail-head">
        <PriorityMark priority={occurrence.priority} flashing={canAcknowledge(occurrence)} size={22} />
        <div>
          <h2>{contract.meaning}</h2>
          {isAdvice(occurrence) && <p className="small">{t('alerts.adviceWhat')}</p>}
          <Button
            kind="quiet"
            className="row-link"
            onClick={() => navigate({ page: 'machine', assetId: occurrence.assetId })}
          >
            {view.assetName}
          </Button>
        </div>
      </div>
      <div className="alert-detail-actions">
        {canAcknowledge(occurrence) && (
          <Button kind="primary" busy={isPending} onClick={onAcknowledge}>
            {t('alerts.acknowledge')}
          </Button>
        )}
        {canLabel(occurrence) && (
          <Button kind="primary" busy={isPending} onClick={onLabel}>
            {occurrence.outcome === null ? t('alerts.label') : t('alerts.changeLabel')}
          </Button>
        )}
        <Button onClick={() => openEvidence(view)}>{t('alerts.evidence')}</Button>
        <Button onClick={() => setIsReporting(true)}>{t('report.open')}</Button>
        <Button
          onClick={() =>
            navigate({
              page: 'moment',
              assetId: occurrence.assetId,
              atUs: occurrence.raisedUs,
              occurrenceId: occurrence.id,
            })
          }
        >
          {t('alerts.stateThen')}
        </Button>
      </div>
      {isReporting && <ReportDialog view={view} onClose={() => setIsReporting(false)} />}
      <ActionWords action={action} />
      <HeldBack view={view} />
      <Contract view={view} />
      <Why occurrenceId={occurrence.id} changedUs={changedUs} />
      <Values view={view} />
      <Label view={view} />
      <History occurrenceId={occurrence.id} changedUs={changedUs} unit={unit} />
    </aside>
  )
}

/** The point is in a state in which its rule neither raises nor clears: the alert stands as it was. */
function HeldBack({ view: { pointState, limitsNow } }: { view: AlertView }) {
  if (pointState === null || isJudged(pointState.state)) return null
  // A rule may have limits for a standing machine.
  if (pointState.state === 'stopped' && limitsNow?.of?.runState === 'not-running') return null
  return (
    <section className="alert-held" role="note">
      <PointStateWord state={pointState.state} />
      <p>{t('alerts.heldBack')}</p>
      <PointStateReasonWords view={pointState} />
    </section>
  )
}

function Contract({ view: { occurrence } }: { view: AlertView }) {
  const zone = useTimeZone()
  const nowUs = useNowUs()
  const { contract } = occurrence
  return (
    <section>
      <h3>{t('alerts.whatToDo')}</h3>
      <p className="alert-action selectable">{contract.action}</p>
      <Facts
        facts={[
          { label: t('alerts.cause'), value: contract.cause },
          { label: t('alerts.consequence'), value: contract.consequence },
          { label: t('alerts.recipient'), value: contract.recipient },
          {
            label: t('alerts.respondWithin'),
            value: t('alerts.respondBy', {
              min: contract.respondWithinMin,
              time: formatTime(occurrence.respondByUs, zone, nowUs),
            }),
          },
        ]}
      />
    </section>
  )
}

function Values({ view }: { view: AlertView }) {
  const { occurrence, unit } = view
  const info = useFeed((feeds) => feeds.plant?.plant)?.points.find(({ id }) => id === occurrence.pointId)
  const number = (value: number): string => t('alerts.withUnit', { value: formatNumber(value), unit })
  return (
    <section>
      <h3>{t('alerts.values')}</h3>
      <Facts
        facts={[
          {
            label: t('alerts.point'),
            value: `${view.pointName} · ${tMaybe(`feature.${occurrence.feature}`, occurrence.feature)}`,
          },
          {
            label: t('alerts.now'),
            value: view.currentValue === null ? t('alerts.unknownNow') : number(view.currentValue),
          },
          {
            label: t(`alerts.limit.${occurrence.level === 'alarm' ? 'alarm' : 'warning'}`),
            value: number(occurrence.limit),
          },
          ...(occurrence.contract.state === undefined
            ? []
            : [{ label: t('limits.raisedBy'), value: occurrence.contract.state }]),
          ...(view.limitsNow === null || limitState(view.limitsNow) === null
            ? []
            : [{ label: t('limits.nowOf'), value: <LimitsNow limits={view.limitsNow} unit={unit} /> }]),
          { label: t('alerts.whenRaised'), value: number(occurrence.value) },
          { label: t('alerts.peak'), value: number(occurrence.peakValue) },
          ...(occurrence.repeats > 1
            ? [{ label: t('alerts.repeats'), value: t('alerts.times', { count: occurrence.repeats - 1 }) }]
            : []),
          { label: t('derivation.title'), value: derivationWords(derivationOfAlert(occurrence.feature)) },
          ...(isAdvice(occurrence) || info?.contract === undefined
            ? []
            : [
                {
                  label: t('derivation.feature'),
                  value: derivationWords(derivationOfValue(occurrence.feature, info.contract.version)),
                },
              ]),
          { label: t('alerts.configuration'), value: <code>{occurrence.configHash.slice(0, 12)}</code> },
        ]}
      />
    </section>
  )
}

/** Of a rule with limits by operating state: which ones hold at the moment, and why. */
function LimitsNow({ limits, unit }: { limits: LimitsInForce; unit: string }) {
  const words = (value: number | null): string =>
    value === null ? noValue : t('alerts.withUnit', { value: formatNumber(value), unit })
  return (
    <>
      {limitState(limits)}
      {(limits.warning !== null || limits.alarm !== null) && (
        <div>{t('limits.pair', { warning: words(limits.warning), alarm: words(limits.alarm) })}</div>
      )}
      <div className="small muted">{limitWhy(limits)}</div>
    </>
  )
}

function Label({ view: { occurrence } }: { view: AlertView }) {
  const zone = useTimeZone()
  const nowUs = useNowUs()
  if (occurrence.outcome === null) return null
  return (
    <section>
      <h3>{t('alerts.outcome')}</h3>
      <p>
        <strong>{t(`outcome.${occurrence.outcome}.name`)}</strong>
      </p>
      {occurrence.labelNote !== null && <p className="selectable">{occurrence.labelNote}</p>}
      <p className="small muted">
        {t('alerts.by', {
          who: occurrence.labelledBy ?? '',
          time: formatTime(occurrence.labelledUs ?? 0, zone, nowUs),
        })}
      </p>
    </section>
  )
}
