import { qualityOf } from '../../../shared/domain/status-code.ts'
import { statusName } from '../../../shared/domain/status-names.ts'
import { displayUnit } from '../../../shared/domain/units.ts'
import type { BrowseEntry, NodeView } from '../../../shared/protocol/methods.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { useCall } from '../../stores/topic.ts'
import { Button, ErrorPane, formatTime, Hatch, t } from '../../ui/index.ts'
import { Facts } from '../../ui/Page.tsx'

interface NodePanelProps {
  serverId: string
  entry: BrowseEntry
  isWatched: boolean
  onWatch: () => void
  isPlotted: boolean
  onPlot: () => void
}

const everyMs = 1_000

/** Everything the server says of a node, its value read anew each second. */
export function NodePanel({ serverId, entry, isWatched, onWatch, isPlotted, onPlot }: NodePanelProps) {
  const { value, failure, again } = useCall('server.node', { serverId, nodeId: entry.nodeId }, everyMs)
  const zone = useTimeZone()
  const node = value?.node
  return (
    <section className="node-panel" aria-label={t('browse.attributes')}>
      <div className="settings-line">
        <div>
          <strong>{entry.displayName}</strong>
          <div className="small muted selectable">{entry.nodeId}</div>
        </div>
        {entry.nodeClass === 'variable' && (
          <div className="settings-row-actions">
            <Button onClick={onWatch} disabled={isWatched}>
              {t(isWatched ? 'browse.watched' : 'browse.watch')}
            </Button>
            {/* A block is no value over time; Vibration shows those. */}
            {!((entry.valueRank ?? -1) >= 1) && (
              <Button onClick={onPlot} disabled={isPlotted}>
                {t(isPlotted ? 'browse.plotted' : 'browse.plot')}
              </Button>
            )}
          </div>
        )}
      </div>
      {failure && <ErrorPane title={t('browse.notRead')} failure={failure} onRetry={again} />}
      {node && <Facts facts={factsOf(node, zone)} />}
    </section>
  )
}

function factsOf(node: NodeView, zone: string) {
  const unknown = t('browse.notSaid')
  const time = (us: number | null): string => (us === null ? unknown : formatTime(us, zone))
  const isVariable = node.nodeClass === 'variable'
  return [
    ...(isVariable
      ? [
          { label: t('browse.value'), value: <NodeValue node={node} /> },
          { label: t('browse.quality'), value: statusName(node.status) },
          { label: t('browse.sourceTime'), value: time(node.sourceUs) },
          { label: t('browse.serverTime'), value: time(node.serverUs) },
          { label: t('browse.dataType'), value: typeOf(node) },
          { label: t('browse.unit'), value: node.unit === null ? unknown : displayUnit(node.unit) },
          { label: t('browse.range'), value: node.range === null ? unknown : node.range.join(t('browse.rangeJoint')) },
          {
            label: t('browse.sampling'),
            value:
              node.minimumSamplingIntervalMs === null
                ? unknown
                : node.minimumSamplingIntervalMs === 0
                  ? t('browse.onChange')
                  : t('browse.ms', { ms: node.minimumSamplingIntervalMs }),
          },
          { label: t('browse.access'), value: accessOf(node.accessLevel) },
        ]
      : []),
    ...(node.description === null || node.description === ''
      ? []
      : [{ label: t('browse.description'), value: node.description }]),
  ]
}

function NodeValue({ node }: { node: NodeView }) {
  const isBad = qualityOf(node.status) === 'bad'
  const text = node.value ?? t('browse.noValue')
  return isBad ? <Hatch words={statusName(node.status)}>{text}</Hatch> : <span className="node-value">{text}</span>
}

function typeOf({ dataType, valueRank, arrayLength }: NodeView): string {
  const type = dataType ?? t('browse.notSaid')
  if (valueRank === null || valueRank < 1) return type
  return arrayLength === null || arrayLength === undefined
    ? t('settings.array', { type })
    : t('browse.arrayOf', { type, length: arrayLength })
}

/** Bits of AccessLevel (OPC 10000-3, 8.57): read, write, history. */
function accessOf(level: number | null): string {
  if (level === null) return t('browse.notSaid')
  const words = [
    (level & 1) !== 0 ? t('browse.readable') : t('browse.notReadable'),
    ...((level & 2) !== 0 ? [t('browse.writable')] : []),
    ...((level & 4) !== 0 ? [t('browse.history')] : []),
  ]
  return words.join(', ')
}
