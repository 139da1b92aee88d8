import type { Problem } from '../../../shared/domain/problem.ts'
import { Age, t } from '../../ui/index.ts'
import { orderProblems } from './words.ts'

/** One keyed list: what is wrong, since when, what to do next. */
export function Problems({ problems }: { problems: readonly Problem[] }) {
  return (
    <ul className="problems">
      {orderProblems(problems).map((problem) => (
        <li key={problem.id} className={`problem severity-${problem.severity}`}>
          <span className="problem-kind">{t(`sync.severity.${problem.severity}`)}</span>
          <div>
            <p className="selectable">{problem.message}</p>
            <p className="muted selectable">{t('sync.remedy', { remedy: problem.remedy })}</p>
          </div>
          <Age tUs={problem.sinceUs} />
        </li>
      ))}
    </ul>
  )
}
