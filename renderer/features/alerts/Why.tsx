import { outcomes } from '../../../shared/domain/alert.ts'
import type { SimilarCase, WhyView } from '../../../shared/protocol/health.ts'
import { useNowUs } from '../../stores/clock.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { navigate } from '../../stores/router.ts'
import { useCall } from '../../stores/topic.ts'
import { Button, ErrorPane, formatDuration, formatNumber, formatTime, Skeleton, t, tMaybe } from '../../ui/index.ts'
import { Facts } from '../../ui/Page.tsx'

interface WhyProps {
  occurrenceId: string
  /** Asked again whenever the occurrence changed. */
  changedUs: string
}

/** What changed, by how much, over which time, against which baseline, similar past cases: each of the five, or why it is missing. */
export function Why({ occurrenceId, changedUs }: WhyProps) {
  return (
    <section aria-label={t('why.title')} className="alert-why">
      <h3>{t('why.title')}</h3>
      <WhyAnswers key={changedUs} occurrenceId={occurrenceId} />
    </section>
  )
}

function WhyAnswers({ occurrenceId }: { occurrenceId: string }) {
  const { value: why, failure, again } = useCall('alert.why', { occurrenceId })
  if (failure) return <ErrorPane title={t('why.failed')} failure={failure} onRetry={again} />
  if (why === null) return <Skeleton rows={5} />
  return <Answers why={why} />
}

const feature = (name: string): string => tMaybe(`feature.${name}`, name)

function Missing({ text }: { text: string | null }) {
  const why = text ?? ''
  const sentence = `${why.charAt(0).toUpperCase()}${why.slice(1)}${/[.!?]$/.test(why) ? '' : '.'}`
  return <span className="muted">{t('why.missing', { why: sentence })}</span>
}

function Answers({ why }: { why: WhyView }) {
  const zone = useTimeZone()
  const nowUs = useNowUs()
  const { changed, amount, span, baseline, similar, outlook } = why
  const at = (tUs: number): string => formatTime(tUs, zone, nowUs)
  return (
    <>
      <Facts
        facts={[
          {
            label: t('why.changed'),
            value: changed.known ? (
              <>
                {t(`why.direction.${changed.known.direction}`, { feature: feature(changed.known.feature) })}
                {changed.known.also.length > 0 && (
                  <div className="small muted">
                    {t('why.also', { features: changed.known.also.map(feature).join(', ') })}
                  </div>
                )}
              </>
            ) : (
              <Missing text={changed.missing} />
            ),
          },
          {
            label: t('why.amount'),
            value: amount.known ? <Amount {...amount.known} /> : <Missing text={amount.missing} />,
          },
          {
            label: t('why.span'),
            value: span.known ? (
              t('why.since', {
                since: at(span.known.sinceUs),
                duration: formatDuration((span.known.untilUs - span.known.sinceUs) / 1e6),
              })
            ) : (
              <Missing text={span.missing} />
            ),
          },
          {
            label: t('why.baseline'),
            value: baseline.known ? (
              t('why.baselineOf', {
                count: baseline.known.snapshots,
                from: at(baseline.known.fromUs),
                until: at(baseline.known.untilUs),
                who: baseline.known.approvedBy,
                when: at(baseline.known.approvedUs),
              })
            ) : (
              <Missing text={baseline.missing} />
            ),
          },
          {
            label: t('why.similar'),
            value: similar.known ? <Similar {...similar.known} /> : <Missing text={similar.missing} />,
          },
          {
            label: t('why.outlook'),
            value: outlook.known ? (
              t('why.reaches', { earliest: at(outlook.known.earliestUs), latest: at(outlook.known.latestUs) })
            ) : (
              <Missing text={outlook.missing} />
            ),
          },
        ]}
      />
      {why.evidence.length > 0 && why.score !== null && (
        <>
          <p className="small">
            {t('why.score', {
              score: formatNumber(why.score, 2),
              rate: why.snapshotsPerFalseWarning ?? 0,
            })}
          </p>
          <ul className="small selectable why-evidence">
            {why.evidence.map(({ feature: name, reason }) => (
              <li key={name}>{reason}</li>
            ))}
          </ul>
        </>
      )}
    </>
  )
}

function Amount({ value, reference, unit, changeDb, factor }: NonNullable<WhyView['amount']['known']>) {
  return (
    <>
      {t('why.fromTo', { reference: formatNumber(reference, 3), value: formatNumber(value, 3), unit })}
      {changeDb !== null && (
        <div className="small muted">
          {t('why.decibels', {
            db: `${changeDb < 0 ? '' : '+'}${changeDb.toFixed(1)}`,
            factor: formatNumber(factor ?? 0, 3),
          })}
        </div>
      )}
    </>
  )
}

function Similar({ cases, count, outcomes: counted }: NonNullable<WhyView['similar']['known']>) {
  const words = outcomes.flatMap((outcome) => {
    const n = counted[outcome]
    return n === undefined ? [] : [t('why.outcomeCount', { count: n, outcome: t(`outcome.${outcome}.name`) })]
  })
  return (
    <>
      <div>{t('why.cases', { count, outcomes: words.join(', ') })}</div>
      <ul className="why-cases">
        {cases.map((one) => (
          <li key={one.occurrenceId}>
            <PastCase one={one} />
          </li>
        ))}
      </ul>
    </>
  )
}

function PastCase({ one }: { one: SimilarCase }) {
  const zone = useTimeZone()
  return (
    <>
      <Button
        kind="quiet"
        className="row-link"
        onClick={() => navigate({ page: 'alerts', occurrenceId: one.occurrenceId, tab: 'journal' })}
      >
        {t('why.case', { machine: one.assetName, when: formatTime(one.raisedUs, zone) })}
      </Button>
      <div className="small muted">
        {t('why.caseOutcome', {
          outcome: t(`outcome.${one.outcome}.name`),
          shares: one.shares.map((share) => t(`why.share.${share}`)).join(', '),
        })}
        {one.note !== null && one.note !== '' && ` “${one.note}”`}
      </div>
    </>
  )
}
