import type { BaselineReadiness, ReadinessTag } from '../../../shared/protocol/health.ts'
import { useNowUs } from '../../stores/clock.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { formatTime, t } from '../../ui/index.ts'

/** How the tags that a baseline rests on did while it was learned: what stops its approval stands beside the button. */
export function BaselineTags({ readiness }: { readiness: BaselineReadiness }) {
  const zone = useTimeZone()
  const nowUs = useNowUs()
  const { tags, least, fromUs, untilUs } = readiness
  const title = t('baseline.tags.title', {
    from: formatTime(fromUs, zone, nowUs),
    until: formatTime(untilUs, zone, nowUs),
  })
  return (
    <section className="baseline-tags" aria-label={title}>
      <h3>{title}</h3>
      <ul>
        {tags.map((tag) => (
          <Tag key={tag.pointId} tag={tag} least={least} />
        ))}
      </ul>
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
