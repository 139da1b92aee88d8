import type { AuditFinding, PointAudit } from '../../../shared/domain/audit.ts'
import { mappingMethods, type MappingMethod } from '../../../shared/domain/mapping-methods.ts'
import { usFromIso } from '../../../shared/domain/time.ts'
import type { IntakeCounters } from '../../../shared/protocol/quality.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { useCall, useTopic } from '../../stores/topic.ts'
import {
  Empty,
  ErrorPane,
  formatDuration,
  formatNumber,
  formatSpan,
  PointStateReasonWords,
  PointStateWord,
  Skeleton,
  t,
} from '../../ui/index.ts'
import { Facts, Panel } from '../../ui/Page.tsx'
import { GateMark } from './GateMark.tsx'
import { CoverKey, CoverStrip, FindingStrip } from './Strip.tsx'
import { scoreText, shareText } from './words.ts'

/** Why a tag has its score: what it delivered over the window, and each finding with its time. */
export function PointReasons({ pointId }: { pointId: string }) {
  const { value, failure, again } = useCall('quality.point', { pointId })
  if (failure) return <ErrorPane title={t('dataQuality.pointFailed')} failure={failure} onRetry={again} />
  if (!value) return <Skeleton rows={6} label={t('dataQuality.loading')} />
  const { point } = value
  const [first] = point.segments
  // A tag of yesterday in an audit of a month: what was before it would leave no room for what is told.
  const beganUs = first?.state === 'not-due' && point.segments.length > 1 ? first.toUs : usFromIso(value.from)
  const window = { fromUs: beganUs, toUs: usFromIso(value.to) }
  return (
    <Panel title={point.name} className="quality-reasons">
      <code className="small muted">{point.id}</code>
      <Facts facts={[{ label: t('dataQuality.stateNow'), value: <StateNow pointId={pointId} /> }, ...factsOf(point)]} />
      <CoverStrip label={coverWords(point)} window={window} segments={point.segments} />
      <CoverKey segments={point.segments} />
      {value.intake && <Intake intake={value.intake} />}
      <h3>{t('dataQuality.reasons')}</h3>
      {point.findings.length === 0 ? (
        <Empty title={t('dataQuality.noFindings')} next={t('dataQuality.noFindingsNext')} />
      ) : (
        <ol className="quality-findings">
          {point.findings.map((finding) => (
            <Finding key={`${finding.kind}${finding.from}${finding.detail}`} finding={finding} window={window} />
          ))}
        </ol>
      )}
    </Panel>
  )
}

const intakeCounts = ['duplicates', 'late', 'outOfOrder', 'marked', 'outOfRange', 'stale', 'missing'] as const

/** What its contract did with what came since the engine started. */
function Intake({ intake }: { intake: IntakeCounters }) {
  const { received, accepted, rejected, dropped } = intake
  const told = intakeCounts.filter((name) => intake[name] > 0)
  return (
    <>
      <h3>{t('dataQuality.intake.title')}</h3>
      <Facts
        facts={[
          {
            label: t('dataQuality.intake.received'),
            value: t('dataQuality.intake.of', { received, accepted, rejected, dropped }),
          },
          ...told.map((name) => ({ label: t(`dataQuality.intake.${name}`), value: String(intake[name]) })),
        ]}
      />
    </>
  )
}

/** The audit is of the past; beside it stands what the tag is at this moment. */
function StateNow({ pointId }: { pointId: string }) {
  const { frame } = useTopic('points', {})
  if (frame === null) return null
  const view = frame.notNormal.find((known) => known.pointId === pointId)
  return (
    <>
      <PointStateWord state={view?.state ?? 'normal'} />
      <div>{view && <PointStateReasonWords view={view} />}</div>
    </>
  )
}

function coverWords({ seconds }: PointAudit): string {
  const parts = (['accepted', 'rejected', 'gap', 'unexplained', 'not-due'] as const)
    .filter((state) => seconds[state] > 0)
    .map((state) => `${t(`dataQuality.segment.${state}`)} ${formatDuration(seconds[state])}`)
  return parts.join(', ')
}

function factsOf(point: PointAudit) {
  const { expected, delivered, repeated, bad } = point.values
  const skew = point.clockSkewS
  const facts = [
    { label: t('dataQuality.col.score'), value: scoreText(point.score) },
    { label: t('dataQuality.col.completeness'), value: shareText(point.completeness) },
    { label: t('dataQuality.col.gate'), value: <GateMark gate={point.gate} /> },
    { label: t('dataQuality.values'), value: t('dataQuality.valuesOf', { delivered, expected }) },
  ]
  if (repeated > 0) facts.push({ label: t('dataQuality.repeated'), value: String(repeated) })
  if (bad > 0) facts.push({ label: t('dataQuality.bad'), value: String(bad) })
  if (skew) {
    const words = t('dataQuality.skewOf', {
      median: formatNumber(skew.median, 2),
      spread: formatNumber(skew.spread, 2),
    })
    facts.push({ label: t('dataQuality.skew'), value: words })
  }
  const mapping = point.mapping
    ? t('dataQuality.mappingOf', {
        who: point.mapping.verifiedBy,
        when: point.mapping.verifiedOn,
        how: t(`dataQuality.method.${methodOf(point.mapping.method)}`),
      }) + (point.mapping.state === 'out-of-date' ? t('dataQuality.mappingOld') : '')
    : t('dataQuality.mappingDraft')
  facts.push({ label: t('dataQuality.mapping'), value: mapping })
  if (point.exception !== null) facts.push({ label: t('dataQuality.exception'), value: point.exception })
  return facts
}

function methodOf(method: string): MappingMethod {
  return mappingMethods.find((known) => known === method) ?? 'other'
}

function Finding({ finding, window }: { finding: AuditFinding; window: { fromUs: number; toUs: number } }) {
  const zone = useTimeZone()
  const [fromUs, toUs] = [usFromIso(finding.from), usFromIso(finding.to)]
  const when = t('dataQuality.when', formatSpan(fromUs, toUs, zone))
  return (
    <li>
      <div className="quality-finding-head">
        <b>{t(`dataQuality.kind.${finding.kind}`)}</b>
        <span className="small muted">{when}</span>
        {finding.penalty > 0 && (
          <span className="small muted quality-takes">
            {t('dataQuality.takes', { share: formatNumber(finding.penalty * 100, 2) })}
          </span>
        )}
      </div>
      <FindingStrip label={when} window={window} fromUs={fromUs} toUs={toUs} />
      <p className="selectable">{finding.detail}</p>
    </li>
  )
}
