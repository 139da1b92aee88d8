import type { QualitySummary } from '../../../shared/protocol/quality.ts'
import { nameWithin, t } from '../../ui/index.ts'
import { Facts, Panel } from '../../ui/Page.tsx'
import { GateMark } from './GateMark.tsx'
import { scoreText, shareText } from './words.ts'

/** Failing tags that are named at once. */
const mostNamed = 12

type Group = QualitySummary['lines'][number]

interface GroupReasonsProps {
  group: Group
  nameOf: (pointId: string) => QualitySummary['points'][number] | undefined
  onOpen: (pointId: string) => void
}

/** A line or a machine: its gate and the tags that hold it shut. */
export function GroupReasons({ group, nameOf, onOpen }: GroupReasonsProps) {
  const { failing } = group
  return (
    <Panel title={group.name} className="quality-reasons">
      <Facts
        facts={[
          { label: t('dataQuality.col.score'), value: scoreText(group.score) },
          { label: t('dataQuality.col.completeness'), value: shareText(group.completeness) },
          { label: t('dataQuality.col.gate'), value: <GateMark gate={group.gate} /> },
          {
            label: t('dataQuality.judged'),
            value: t('dataQuality.judgedOf', { judged: group.judged, points: group.points }),
          },
          { label: t('dataQuality.mappingVerified'), value: shareText(group.mappingVerified) },
        ]}
      />
      {failing.length > 0 && (
        <>
          <h3>{t('dataQuality.failing', { count: failing.length })}</h3>
          <ul className="quality-failing">
            {failing.slice(0, mostNamed).map((pointId) => (
              <Failing
                key={pointId}
                pointId={pointId}
                tag={nameOf(pointId)}
                machine={group.name}
                onOpen={() => onOpen(pointId)}
              />
            ))}
          </ul>
          {failing.length > mostNamed && (
            <p className="small muted">{t('dataQuality.more', { count: failing.length - mostNamed })}</p>
          )}
        </>
      )}
    </Panel>
  )
}

interface FailingProps {
  pointId: string
  tag: QualitySummary['points'][number] | undefined
  machine: string
  onOpen: () => void
}

function Failing({ pointId, tag, machine, onOpen }: FailingProps) {
  return (
    <li>
      <button type="button" className="quality-failing-tag" onClick={onOpen}>
        <span className="quality-tag">
          <span>{tag ? nameWithin(machine, tag.name) : pointId}</span>
          {tag && tag.name !== pointId && <code className="muted">{pointId}</code>}
        </span>
        <span>{shareText(tag?.completeness ?? null)}</span>
      </button>
    </li>
  )
}
