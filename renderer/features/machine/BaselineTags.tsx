import type { ReadinessTag } from '../../../shared/protocol/health.ts'
import { useNowUs } from '../../stores/clock.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { navigate } from '../../stores/router.ts'
import { useCall } from '../../stores/topic.ts'
import { Button, ErrorPane, formatTime, t } from '../../ui/index.ts'

/** The audit of the tags behind a baseline; without one nothing is ready. */
export function useReadiness(baselineId: string | null) {
  const asked = useCall('health.readiness', baselineId === null ? null : { baselineId })
  const failing = asked.value?.tags.filter(({ state }) => state === 'fail') ?? []
  return { ...asked, failing, isReady: asked.value !== null && failing.length === 0 }
}

/** How the tags that a baseline rests on did while it was learned: what stops its approval stands beside the button. */
export function BaselineTags({ readiness }: { readiness: ReturnType<typeof useReadiness> }) {
  const zone = useTimeZone()
  const nowUs = useNowUs()
  const { value, failure, failing, again } = readiness
  if (failure) return <ErrorPane title={t('baseline.tags.failed')} failure={failure} onRetry={again} />
  if (value === null)
    return (
      <p className="muted" role="status">
        {t('baseline.tags.reading')}
      </p>
    )
  const at = (tUs: number): string => formatTime(tUs, zone, nowUs)
  const title = t('baseline.tags.title', { from: at(value.fromUs), until: at(value.untilUs) })
  return (
    <section className="baseline-tags" aria-label={title}>
      <h3>{title}</h3>
      <ul>
        {value.tags.map((tag) => (
          <Tag key={tag.pointId} tag={tag} least={value.least} />
        ))}
      </ul>
      {failing.length > 0 && (
        <div className="baseline-blocked" role="alert">
          <p>{t('baseline.tags.blocked', { tags: failing.map(({ name }) => name).join('; ') })}</p>
          <Button onClick={() => navigate({ page: 'quality' })}>{t('baseline.tags.quality')}</Button>
        </div>
      )}
    </section>
  )
}

function Tag({ tag, least }: { tag: ReadinessTag; least: number }) {
  const { name, role, state, score, exception, findings } = tag
  const words = t(`baseline.tags.states.${state}`, { score: Math.floor(score ?? 0), least })
  return (
    <li className={state === 'fail' ? 'baseline-tag-fails' : ''}>
      <span>
        {name} <span className="muted">{t(`baseline.tags.roles.${role}`)}</span>
      </span>
      <strong>{words}</strong>
      {exception && <p className="small muted">{t('baseline.tags.excepted', exception)}</p>}
      {(state === 'fail' || state === 'excepted') &&
        findings.map((finding) => (
          <p key={finding} className="small muted">
            {finding}
          </p>
        ))}
    </li>
  )
}
