import { useState } from 'react'
import { leftOutReasons, type BaselineRecord, type HealthFinding } from '../../../shared/domain/health.ts'
import type { HealthConditionView, PointHealthView } from '../../../shared/protocol/health.ts'
import { useMay } from '../../stores/access.ts'
import { useNowUs } from '../../stores/clock.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { useCall } from '../../stores/topic.ts'
import { Button, ErrorPane, formatNumber, formatTime, HealthBar, Skeleton, t, tMaybe } from '../../ui/index.ts'
import { Panel } from '../../ui/Page.tsx'
import { BaselineDialog, type BaselineStep } from './BaselineDialog.tsx'
import { LimitsDialog } from './LimitsDialog.tsx'

const readEveryMs = 5000

/** What the machine is measured against: learned, awaiting approval or frozen, by whom, and how far from it the machine is. */
export function BaselinePanel({ assetId }: { assetId: string }) {
  const { value, failure, again } = useCall('health.machine', { assetId }, readEveryMs)
  return (
    <Panel title={t('baseline.title')}>
      {failure && value === null ? (
        <ErrorPane title={t('baseline.failed')} failure={failure} onRetry={again} />
      ) : value === null ? (
        <Skeleton rows={3} />
      ) : (
        <div className="baselines">
          {value.stopped !== null && (
            <p role="status" className="baseline-stopped">
              {t('baseline.stopped', { why: value.stopped })}
            </p>
          )}
          {value.points.length === 0 && <p className="muted">{t('baseline.none')}</p>}
          {value.points.map((point) => (
            <PointBaselines key={point.pointId} point={point} assetId={assetId} onChanged={again} />
          ))}
        </div>
      )}
    </Panel>
  )
}

interface PointBaselinesProps {
  point: PointHealthView
  assetId: string
  onChanged: () => void
}

function PointBaselines({ point, assetId, onChanged }: PointBaselinesProps) {
  const { phase, message, score, level, epoch, conditions, baselines, older } = point
  const [step, setStep] = useState<BaselineStep | null>(null)
  const [isLimits, setIsLimits] = useState(false)
  const may = useMay('baseline.edit')
  const mayEdit = useMay('config.edit')
  const proposed = baselines.find(({ state }) => state === 'proposed')
  const isFrozen = baselines.some(({ state }) => state === 'frozen')
  // Nothing to begin anew before there is anything.
  const mayReset = conditions.length > 0 || baselines.length > 0 || phase === 'failed'
  return (
    <section className="baseline-point" aria-label={point.pointName}>
      <header>
        <h3>{point.pointName}</h3>
        <span className={phase === 'changed' || phase === 'failed' ? 'hatched' : 'muted'}>
          {t(`baseline.phase.${phase}`)}
        </span>
      </header>
      {message !== null && phase !== 'stopped' && <p className="small">{message}</p>}
      {isFrozen && <Score score={score} level={level} />}
      <Findings findings={point.findings} />
      {conditions
        .filter((condition) => condition.phase === 'learning')
        .map((condition) => (
          <Learning key={condition.rpm ?? 0} condition={condition} />
        ))}
      {baselines.map((record) => (
        <Record key={record.id} record={record} />
      ))}
      {!isFrozen && phase !== 'off' && <p className="small muted">{t('baseline.noWarnings')}</p>}
      <LeftOutBlocks left={point.left} />
      {epoch && <Epoch {...epoch} />}
      <div className="baseline-actions">
        {may && proposed && (
          <>
            <Button kind="primary" onClick={() => setStep({ kind: 'approve', record: proposed })}>
              {t('baseline.approve')}
            </Button>
            <Button onClick={() => setStep({ kind: 'relearn', record: proposed })}>{t('baseline.relearn')}</Button>
          </>
        )}
        {may && phase === 'changed' && <Button onClick={() => setStep({ kind: 'keep' })}>{t('baseline.keep')}</Button>}
        {may && mayReset && <Button onClick={() => setStep({ kind: 'reset' })}>{t('baseline.reset')}</Button>}
        {mayEdit && isFrozen && <Button onClick={() => setIsLimits(true)}>{t('baseline.limits')}</Button>}
      </div>
      {older.length > 0 && <Older records={older} />}
      {step && (
        <BaselineDialog
          step={step}
          point={point}
          assetId={assetId}
          onClose={(isDone) => {
            setStep(null)
            if (isDone) onChanged()
          }}
        />
      )}
      {isLimits && <LimitsDialog point={point} onClose={() => setIsLimits(false)} />}
    </section>
  )
}

function Score({ score, level }: Pick<PointHealthView, 'score' | 'level'>) {
  const words = score === null ? t('baseline.judgesNot') : t('baseline.score', { score: formatNumber(score, 2) })
  return (
    <>
      <HealthBar health={score === null ? null : score / 2} level={level} of={words} />
      <p className="small muted">{words}</p>
    </>
  )
}

function Learning({ condition }: { condition: HealthConditionView }) {
  const { rpm, learnedDays, ofDays, learned, ofSnapshots } = condition
  const share = Math.min(1, learned / ofSnapshots, ofDays > 0 ? learnedDays / ofDays : 1)
  return (
    <div className="small">
      <SpeedWords rpm={rpm} />
      <progress value={share} max={1} aria-label={t('baseline.phase.learning')} />
      <div>
        {ofDays > 0
          ? t('baseline.progress', {
              days: learnedDays.toFixed(1),
              of: formatNumber(ofDays, 3),
              count: learned,
              fewest: ofSnapshots,
            })
          : t('baseline.progressCount', { count: learned, fewest: ofSnapshots })}
      </div>
    </div>
  )
}

function SpeedWords({ rpm }: { rpm: number | null }) {
  return <div>{rpm === null ? t('baseline.anySpeed') : t('baseline.atSpeed', { rpm: Math.round(rpm) })}</div>
}

function Record({ record }: { record: BaselineRecord }) {
  const zone = useTimeZone()
  const nowUs = useNowUs()
  const at = (tUs: number): string => formatTime(tUs, zone, nowUs)
  const { state, decidedUs, decidedBy, retiredUs, snapshots, fromUs, untilUs, settled, rpm } = record
  const decided = { when: at(decidedUs ?? 0), who: decidedBy ?? '' }
  return (
    <div className="small">
      <SpeedWords rpm={rpm} />
      {decidedUs !== null && state !== 'rejected' && <strong>{t('baseline.frozenBy', decided)}</strong>}
      {state === 'rejected' && <div>{t('baseline.rejectedBy', decided)}</div>}
      {retiredUs !== null && <div>{t('baseline.retiredOn', { when: at(retiredUs) })}</div>}
      <div className="muted">{t('baseline.learned', { count: snapshots, from: at(fromUs), until: at(untilUs) })}</div>
      {!settled && <div className="machine-draft">{t('baseline.unsettled')}</div>}
    </div>
  )
}

function Epoch({ number, beganUs, reason, by }: NonNullable<PointHealthView['epoch']>) {
  const zone = useTimeZone()
  const nowUs = useNowUs()
  const when = formatTime(beganUs, zone, nowUs)
  return (
    <p className="small muted">
      {reason === ''
        ? t('baseline.epoch', { number, when })
        : t('baseline.epochWhy', { number, when, reason, who: by })}
    </p>
  )
}

/** Blocks that taught nothing, by why. */
function LeftOutBlocks({ left }: Pick<PointHealthView, 'left'>) {
  const kinds = leftOutReasons.flatMap((reason) => {
    const count = left[reason]
    return count === undefined ? [] : [{ reason, count }]
  })
  return kinds.map(({ reason, count }) => (
    <p key={reason} className="small baseline-left" title={t('baseline.left.hint')}>
      {t('baseline.left.title', { count, why: t(`baseline.left.${reason}`) })}
    </p>
  ))
}

function Findings({ findings }: { findings: readonly HealthFinding[] }) {
  const zone = useTimeZone()
  const nowUs = useNowUs()
  if (findings.length === 0) return null
  const at = (tUs: number | null): string => formatTime(tUs ?? 0, zone, nowUs)
  return (
    <ul className="small">
      {findings.map(({ feature, changeDb, factor, sinceUs, outlook }) => (
        <li key={feature}>
          {changeDb === null
            ? t('baseline.findingPlain', { feature: tMaybe(`feature.${feature}`, feature), since: at(sinceUs) })
            : t(factor === null ? 'baseline.findingLearning' : 'baseline.finding', {
                feature: tMaybe(`feature.${feature}`, feature),
                db: changeDb.toFixed(1),
                factor: factor === null ? '' : formatNumber(factor, 2),
                since: at(sinceUs),
              })}
          {outlook && (
            <div>{t('baseline.outlook', { earliest: at(outlook.earliestUs), latest: at(outlook.latestUs) })}</div>
          )}
        </li>
      ))}
    </ul>
  )
}

function Older({ records }: { records: readonly BaselineRecord[] }) {
  return (
    <details className="small">
      <summary>{t('baseline.older', { count: records.length })}</summary>
      {records.toReversed().map((record) => (
        <Record key={record.id} record={record} />
      ))}
    </details>
  )
}
