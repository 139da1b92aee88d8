import { useEffect, useState } from 'react'
import { qualityOf } from '../../../shared/domain/status-code.ts'
import { statusName } from '../../../shared/domain/status-names.ts'
import type { Failure } from '../../../shared/domain/problem.ts'
import { bridge } from '../../bridge/bridge.ts'
import type { ReadView } from '../../../shared/protocol/methods.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { failureOf, useStable } from '../../stores/topic.ts'
import { Button, formatNumber, formatClock, Hatch, Sparkline, t } from '../../ui/index.ts'
import { NodeDrop } from './NodeDrop.tsx'
import type { DraggedNode } from './node-drag.ts'
import { addSample, emptyTrace, scaled, type Trace } from './watch-trace.ts'

interface WatchListProps {
  serverId: string
  watched: readonly DraggedNode[]
  onAdd: (node: DraggedNode) => void
  onRemove: (nodeId: string) => void
}

const everyMs = 1_000

/** Values that somebody keeps an eye on while mapping: read each second, drawn over the last two minutes. */
export function WatchList({ serverId, watched, onAdd, onRemove }: WatchListProps) {
  const { values, traces, failure } = useWatch(
    serverId,
    watched.map(({ nodeId }) => nodeId),
  )
  return (
    <NodeDrop className="watch" label={t('browse.watchList')} onAdd={onAdd}>
      <h3>{t('browse.watchList')}</h3>
      {watched.length === 0 && <p className="small muted">{t('browse.watchEmpty')}</p>}
      {failure && <p className="small">{failure.message}</p>}
      <ul>
        {watched.map((node) => (
          <WatchRow
            key={node.nodeId}
            node={node}
            read={values.find(({ nodeId }) => nodeId === node.nodeId) ?? null}
            trace={traces.get(node.nodeId) ?? emptyTrace}
            onRemove={() => onRemove(node.nodeId)}
          />
        ))}
      </ul>
    </NodeDrop>
  )
}

interface Watched {
  values: readonly ReadView[]
  traces: ReadonlyMap<string, Trace>
  failure: Failure | null
}

/** Reads once a second while the list is shown. */
function useWatch(serverId: string, nodeIds: readonly string[]): Watched {
  const [state, setState] = useState<Watched>({ values: [], traces: new Map(), failure: null })
  const wanted = useStable(nodeIds)
  useEffect(() => {
    if (wanted.length === 0) return undefined
    let isWanted = true
    const read = async (): Promise<void> => {
      try {
        const { values } = await bridge.call('server.read', { serverId, nodeIds: [...wanted] })
        if (isWanted)
          setState(({ traces }) => ({
            values,
            traces: new Map(values.map((one) => [one.nodeId, addSample(traces.get(one.nodeId) ?? emptyTrace, one)])),
            failure: null,
          }))
      } catch (error) {
        if (isWanted) setState((before) => ({ ...before, values: [], failure: failureOf(error) }))
      }
    }
    void read()
    const timer = setInterval(() => void read(), everyMs)
    return () => {
      isWanted = false
      clearInterval(timer)
    }
  }, [serverId, wanted])
  return state
}

interface WatchRowProps {
  node: DraggedNode
  read: ReadView | null
  trace: Trace
  onRemove: () => void
}

function WatchRow({ node, read, trace, onRemove }: WatchRowProps) {
  const zone = useTimeZone()
  const isBad = read !== null && qualityOf(read.status) === 'bad'
  const text =
    (read?.number === null || read === null ? read?.value : formatNumber(read.number, 6)) ?? t('browse.noValue')
  const { values, low, high } = scaled(trace)
  return (
    <li className="watch-row">
      <span className="watch-name" title={node.nodeId}>
        {node.name}
      </span>
      <span className="watch-value">{isBad ? <Hatch words={statusName(read.status)}>{text}</Hatch> : text}</span>
      <span className="small muted watch-quality">
        {read === null ? '' : statusName(read.status)} {read?.sourceUs ? formatClock(read.sourceUs, zone) : ''}
      </span>
      <Sparkline
        values={values}
        top={1}
        width={120}
        height={24}
        label={low === null || high === null ? t('browse.noTrace') : t('browse.trace', { low, high })}
      />
      <Button kind="quiet" aria-label={t('browse.unwatch', { name: node.name })} onClick={onRemove}>
        {t('browse.remove')}
      </Button>
    </li>
  )
}
