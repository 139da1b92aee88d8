import { useEffect, useMemo, useState } from 'react'
import type { TrendFrame } from '../../../shared/protocol/views.ts'
import { displayUnit } from '../../../shared/domain/units.ts'
import { bridge } from '../../bridge/bridge.ts'
import { FrameSource } from '../../bridge/frame-source.ts'
import { TrendPlot } from '../../charts/index.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { failureOf } from '../../stores/topic.ts'
import { Button, t } from '../../ui/index.ts'
import { NodeDrop } from './NodeDrop.tsx'
import type { DraggedNode } from './node-drag.ts'
import { addRead, type NodeSample, trendOf } from './node-trend.ts'

interface NodePlotsProps {
  serverId: string
  plotted: readonly DraggedNode[]
  onAdd: (node: DraggedNode) => void
  onRemove: (nodeId: string) => void
}

const everyMs = 1_000

/** Nodes over the last ten minutes, each on axes of its own; a tag is dropped here or put here by its Plot button. */
export function NodePlots({ serverId, plotted, onAdd, onRemove }: NodePlotsProps) {
  return (
    <NodeDrop className="node-plots" label={t('browse.plots')} onAdd={onAdd}>
      {plotted.length === 0 && <p className="small muted">{t('browse.plotEmpty')}</p>}
      {plotted.map((node, index) => (
        <NodePlot
          key={node.nodeId}
          serverId={serverId}
          node={node}
          colourIndex={index}
          onRemove={() => onRemove(node.nodeId)}
        />
      ))}
    </NodeDrop>
  )
}

interface NodePlotProps {
  serverId: string
  node: DraggedNode
  colourIndex: number
  onRemove: () => void
}

function NodePlot({ serverId, node, colourIndex, onRemove }: NodePlotProps) {
  const zone = useTimeZone()
  const source = useMemo(() => new NodeTrend(serverId, node.nodeId), [serverId, node.nodeId])
  const [unit, setUnit] = useState('')
  useEffect(() => source.start(setUnit), [source])
  return (
    <TrendPlot
      title={t('browse.plotOf', { name: node.name })}
      source={source}
      label={node.name}
      unit={displayUnit(unit)}
      colourIndex={colourIndex}
      zone={zone}
    >
      <Button kind="quiet" aria-label={t('browse.unplot', { name: node.name })} onClick={onRemove}>
        {t('browse.remove')}
      </Button>
    </TrendPlot>
  )
}

/** A node read once a second, as the frames of a trend. */
class NodeTrend extends FrameSource<TrendFrame> {
  readonly #serverId: string
  readonly #nodeId: string
  #samples: NodeSample[] = []
  #unit = ''

  constructor(serverId: string, nodeId: string) {
    super()
    this.#serverId = serverId
    this.#nodeId = nodeId
  }

  start(onUnit: (unit: string) => void): () => void {
    let isWanted = true
    const describe = async (): Promise<void> => {
      const { node } = await bridge.call('server.node', { serverId: this.#serverId, nodeId: this.#nodeId })
      if (!isWanted || node.unit === null) return
      this.#unit = node.unit
      onUnit(node.unit)
    }
    // Without it the plot has no unit, which it says by its axis.
    describe().catch(() => undefined)
    const read = async (): Promise<void> => {
      try {
        const { values } = await bridge.call('server.read', { serverId: this.#serverId, nodeIds: [this.#nodeId] })
        const [first] = values
        const nowUs = Date.now() * 1_000
        if (!isWanted || !first) return
        this.#samples = addRead(this.#samples, first, nowUs)
        this.take(trendOf(this.#samples, this.#nodeId, this.#unit, nowUs), null)
      } catch (error) {
        if (isWanted) this.take(this.latest, failureOf(error))
      }
    }
    void read()
    const timer = setInterval(() => void read(), everyMs)
    return () => {
      isWanted = false
      clearInterval(timer)
    }
  }
}
