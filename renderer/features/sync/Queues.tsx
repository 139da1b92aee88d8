import type { QueueState } from '../../../shared/protocol/views.ts'
import { formatDuration, noValue, t, tMaybe } from '../../ui/index.ts'
import { fill } from './words.ts'

export function Queues({ queues }: { queues: readonly QueueState[] }) {
  if (queues.length === 0) return <p className="muted">{t('sync.noQueues')}</p>
  return (
    <table className="data-table">
      <thead>
        <tr>
          <th scope="col">{t('sync.col.queue')}</th>
          <th scope="col" className="number">
            {t('sync.col.depth')}
          </th>
          <th scope="col">{t('sync.col.fill')}</th>
          <th scope="col" className="number">
            {t('sync.col.oldest')}
          </th>
          <th scope="col" className="number">
            {t('sync.col.hits')}
          </th>
        </tr>
      </thead>
      <tbody>
        {queues.map((queue) => (
          <QueueRow key={queue.name} queue={queue} />
        ))}
      </tbody>
    </table>
  )
}

function QueueRow({ queue }: { queue: QueueState }) {
  const share = fill(queue.depth, queue.limit)
  const words = t('sync.fillWords', { depth: queue.depth, limit: queue.limit })
  return (
    <tr>
      <th scope="row">{tMaybe(`sync.queue.${queue.name}`, queue.name)}</th>
      <td className="number">
        {t('sync.ofLimit', { depth: queue.depth.toLocaleString('en'), limit: queue.limit.toLocaleString('en') })}
      </td>
      <td>
        <div className="queue-bar" role="img" aria-label={words}>
          <div className={share > 0.8 ? 'queue-high' : ''} style={{ transform: `scaleX(${share})` }} />
        </div>
      </td>
      <td className="number">{queue.oldestS === null ? noValue : formatDuration(queue.oldestS)}</td>
      <td className="number">
        {queue.hits === 0 ? (
          <span className="muted">{t('sync.neverHit')}</span>
        ) : (
          <strong>{t('sync.hits', { count: queue.hits })}</strong>
        )}
      </td>
    </tr>
  )
}
