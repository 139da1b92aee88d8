import { useFeed } from '../stores/feeds.ts'
import { t } from '../ui/index.ts'

/** While the advisory model does not run: nothing that is missing may look like nothing that is wrong. */
export function AdviceBand() {
  const problem = useFeed((feeds) => feeds.status?.problems.find(({ id }) => id === 'advisory.off') ?? null)
  if (problem === null) return null
  return (
    <section className="app-band" data-region role="status" aria-label={t('baseline.title')}>
      <span className="selectable">{`${problem.message} ${problem.remedy}`}</span>
    </section>
  )
}
