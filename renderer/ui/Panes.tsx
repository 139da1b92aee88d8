import type { ReactNode } from 'react'
import type { Failure } from '../../shared/domain/problem.ts'
import { Button } from './Button.tsx'
import { useDelayed } from './hooks.ts'
import { t } from './text.ts'

/** Nothing here: says what that means and the next step. */
export function Empty({ title, next, children }: { title: string; next: string; children?: ReactNode }) {
  return (
    <div className="pane-message">
      <h2>{title}</h2>
      <p>{next}</p>
      {children !== undefined && <div className="pane-actions">{children}</div>}
    </div>
  )
}

const skeletonAfterMs = 150

/** Grey rows in the place of what is loading; nothing for the first 150 ms. */
export function Skeleton({ rows = 3, label = t('state.loading') }: { rows?: number; label?: string }) {
  const late = useDelayed(skeletonAfterMs)
  if (!late) return null
  return (
    <div className="skeleton" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="skeleton-row" />
      ))}
    </div>
  )
}

/** What failed, why, and what to do. */
export function ErrorPane({
  title,
  failure,
  onRetry,
}: {
  title: string
  failure: Failure
  onRetry?: (() => void) | undefined
}) {
  return (
    <div className="pane-message" role="alert">
      <h2>{title}</h2>
      <p className="selectable">{failure.message}</p>
      {failure.remedy !== undefined && <p className="selectable">{failure.remedy}</p>}
      {failure.retryable && onRetry && (
        <div className="pane-actions">
          <Button onClick={onRetry}>{t('action.tryAgain')}</Button>
        </div>
      )}
    </div>
  )
}
