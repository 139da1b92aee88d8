import type { PlantFile } from '../../../../shared/domain/plant-file.ts'
import { sensorBreaks } from '../../../../shared/domain/sensor.ts'
import type { MappingSuggestion } from '../../../../shared/protocol/mapping.ts'
import { useTimeZone } from '../../../stores/feeds.ts'
import { useTopic } from '../../../stores/topic.ts'
import { Button, Empty, formatSpan, formatTime, t } from '../../../ui/index.ts'
import { Facts, Panel } from '../../../ui/Page.tsx'
import { TrendSpark } from '../../../ui/TrendSpark.tsx'
import { changeWords } from './MappingGrid.tsx'
import { MappingMark, ScoreBar } from './MappingMark.tsx'
import { useValueOf } from './mapping-values.ts'
import type { MappedTag, MappingRow } from './mapping-model.ts'
import { useShutdowns } from './use-shutdowns.ts'

/** Long enough to walk to the machine, strike the sensor and look. */
const trendSpanMs = 600_000

interface DetailProps {
  row: MappingRow | undefined
  plant: PlantFile
  mayEdit: boolean
  onConfirm: (tag: MappedTag, suggestion: MappingSuggestion) => void
}

/** What the row that the keyboard is on rests on. */
export function MappingDetail({ row, plant, mayEdit, onConfirm }: DetailProps) {
  if (!row) return null
  if (row.kind === 'tag')
    return <TagDetail key={row.tag.point.id} tag={row.tag} plant={plant} mayEdit={mayEdit} onConfirm={onConfirm} />
  const { asset, lineName, score } = row.of
  return (
    <Panel title={asset.name} className="mapping-detail">
      <Facts
        facts={[
          { label: t('mapping.line'), value: lineName },
          {
            label: t('mapping.accuracy'),
            value: (
              <ScoreBar
                accuracy={score.accuracy}
                label={t('mapping.verifiedOf', { verified: score.verified, points: score.points })}
              />
            ),
          },
          { label: t('mapping.tested'), value: t('mapping.ofTags', { count: score.tested, points: score.points }) },
          {
            label: t('mapping.outOfDate'),
            value: t('mapping.ofTags', { count: score.outOfDate, points: score.points }),
          },
        ]}
      />
      <p className="small muted">{t('mapping.machineHint')}</p>
    </Panel>
  )
}

function TagDetail({ tag, plant, mayEdit, onConfirm }: Omit<DetailProps, 'row'> & { tag: MappedTag }) {
  const { point, judged, shared } = tag
  const { mapping } = point
  return (
    <Panel title={tag.name} className="mapping-detail">
      <code className="small muted">{point.id}</code>
      <Watch pointId={point.id} hasContract={point.contract !== undefined} />
      <Facts facts={placeFacts(tag, plant)} />
      <h3>{t('mapping.col.evidence')}</h3>
      <Facts
        facts={[
          { label: t('mapping.stateIs'), value: <MappingMark state={judged.state} /> },
          ...(mapping
            ? [
                { label: t('mapping.method'), value: t(`dataQuality.method.${mapping.method}`) },
                { label: t('mapping.by'), value: mapping.verifiedBy },
                { label: t('mapping.on'), value: mapping.verifiedOn },
                ...(mapping.note === undefined ? [] : [{ label: t('mapping.note'), value: mapping.note }]),
              ]
            : []),
        ]}
      />
      {judged.changes.length > 0 && (
        <ul className="mapping-changes">
          {judged.changes.map((change) => (
            <li key={change.what}>{t('mapping.since', { what: changeWords(change) })}</li>
          ))}
        </ul>
      )}
      {!mapping && <p className="small muted">{t('mapping.draftHint')}</p>}
      {shared.length > 0 && <p className="small">{t('mapping.sharedWith', { points: shared.join(', ') })}</p>}
      <Shutdowns tag={tag} mayEdit={mayEdit} onConfirm={onConfirm} />
    </Panel>
  )
}

function placeFacts({ point }: MappedTag, plant: PlantFile) {
  const server = plant.servers.find(({ id }) => id === point.source.serverId)
  const sensor = (plant.sensors ?? []).find((entry) => entry['id'] === point.sensorId)
  const facts = [
    { label: t('mapping.server'), value: server?.name ?? point.source.serverId },
    { label: t('mapping.col.node'), value: <code className="small mapping-node">{point.source.nodeId}</code> },
  ]
  if (point.componentId !== undefined) facts.push({ label: t('mapping.component'), value: point.componentId })
  const { contract } = point
  if (contract)
    facts.push({
      label: t('mapping.measures'),
      value: [contract.quantity, contract.unit, contract.axis, contract.placement].filter(Boolean).join(', '),
    })
  if (sensor && point.sensorId !== undefined) {
    const texts = ['manufacturer', 'model', 'serial', 'mounting'].flatMap((key) => {
      const value = sensor[key]
      return typeof value === 'string' ? [value] : []
    })
    facts.push({ label: t('mapping.sensor'), value: [point.sensorId, ...texts].join(', ') })
    const due = sensor['calibrationDue']
    if (typeof due === 'string') facts.push({ label: t('mapping.calibrationDue'), value: due })
    const last = sensorBreaks(point, plant).at(-1)
    if (last) facts.push({ label: t('mapping.replaced'), value: formatTime(last.tUs, plant.plant.timeZone) })
  }
  return facts
}

/** The last minutes, live: who strikes the sensor sees it here, or sees that it is another one. */
function Watch({ pointId, hasContract }: { pointId: string; hasContract: boolean }) {
  const value = useValueOf(pointId)
  const feature = value?.feature ?? null
  const params = !hasContract || feature === null ? null : { pointId, feature, spanMs: trendSpanMs, columns: 160 }
  const { frame } = useTopic('trend', params)
  if (!hasContract) return <Empty title={t('mapping.noContract')} next={t('mapping.noContractNext')} />
  return (
    <figure className="mapping-watch">
      <TrendSpark
        trend={frame}
        limits={{ warning: null, alarm: null }}
        width={320}
        height={56}
        label={t('mapping.watch')}
      />
      <figcaption className="small muted">{t('mapping.watch')}</figcaption>
    </figure>
  )
}

function Shutdowns({ tag, mayEdit, onConfirm }: Omit<DetailProps, 'row' | 'plant'> & { tag: MappedTag }) {
  const { value, failure, isAsking, ask } = useShutdowns(tag.point.assetId)
  const zone = useTimeZone()
  const found = value?.points.find(({ pointId }) => pointId === tag.point.id)
  return (
    <section className="mapping-shutdowns">
      <h3>{t('mapping.shutdowns')}</h3>
      <p className="small muted">{t('mapping.shutdownsWhat')}</p>
      {failure && (
        <p className="small selectable" role="alert">
          {failure.message}
        </p>
      )}
      {value && (
        <p className="selectable" role="status">
          {found && <b>{t(`mapping.verdict.${found.verdict}`)} </b>}
          {found?.detail ?? t('mapping.noVerdict')}{' '}
          <span className="small muted">
            {t('mapping.lookedAt', {
              count: value.stops,
              ...formatSpan(value.fromUs, value.toUs, zone),
            })}
          </span>
        </p>
      )}
      <div className="mapping-actions">
        <Button busy={isAsking} onClick={ask}>
          {t(value ? 'mapping.askAgain' : 'mapping.ask')}
        </Button>
        {found?.verdict === 'supports' && mayEdit && (
          <Button onClick={() => onConfirm(tag, found)}>{t('mapping.confirm')}</Button>
        )}
      </div>
    </section>
  )
}
