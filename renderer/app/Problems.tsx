import type { ProblemSeverity } from '../../shared/domain/problem.ts'
import { useFeed, useTimeZone } from '../stores/feeds.ts'
import { formatTime, Popover, t } from '../ui/index.ts'

const order: readonly ProblemSeverity[] = ['error', 'warning', 'info']

/** The one list of what is wrong with the system itself; each entry says what to do next. */
export function Problems() {
  const problems = useFeed((feeds) => feeds.status?.problems)
  const zone = useTimeZone()
  if (!problems) return null
  const sorted = [...problems].sort(
    (a, b) => order.indexOf(a.severity) - order.indexOf(b.severity) || a.sinceUs - b.sinceUs,
  )
  const words = problems.length === 0 ? t('problems.none') : t('problems.some', { count: problems.length })
  return (
    <Popover
      label={t('problems.label')}
      width={440}
      trigger={<span className={problems.length === 0 ? 'muted' : 'problems-some'}>{words}</span>}
    >
      {sorted.length === 0 && <p>{t('problems.noneLong')}</p>}
      {sorted.map((problem) => (
        <section key={problem.id} className={`popover-item severity-${problem.severity}`}>
          <h3>
            {problem.message}
            <span className="muted">{t(`severity.${problem.severity}`)}</span>
          </h3>
          <p className="selectable">{problem.remedy}</p>
          <p className="muted">{t('problems.since', { at: formatTime(problem.sinceUs, zone) })}</p>
        </section>
      ))}
    </Popover>
  )
}
