import type { PlantFile, Point } from '../../../shared/domain/plant-file.ts'
import { countPointStates, pointStates } from '../../../shared/domain/point-state.ts'
import type { PointValue, RunEvidenceView } from '../../../shared/protocol/views.ts'
import { useFeed } from '../../stores/feeds.ts'
import { useNowUs } from '../../stores/clock.ts'
import { formatDuration, PointStateWord, t, tMaybe } from '../../ui/index.ts'
import { Facts, Panel } from '../../ui/Page.tsx'
import { dataState } from './data-state.ts'

interface DataStatePanelProps {
  values: readonly PointValue[]
  runEvidence: RunEvidenceView | null
  points: readonly Point[]
  assetId: string
  plant: PlantFile
}

/** Is what this page shows to be trusted: freshness, quality, contracts, and which configuration is in force. */
export function DataStatePanel({ values, runEvidence, points, assetId, plant }: DataStatePanelProps) {
  const configHash = useFeed((feeds) => feeds.status?.configHash ?? null)
  const state = dataState(values)
  const without = points.filter((point) => point.contract === undefined).length
  const pointIds = new Set(points.map((point) => point.id))
  const rules = plant.alerts.filter((rule) => pointIds.has(rule.pointId)).length
  const isExcepted = plant.exceptions?.find((exception) => exception.scope === assetId)
  const kinds = (['stale', 'missing', 'never'] as const).filter((kind) => state[kind] > 0)
  return (
    <Panel title={t('machine.dataState')}>
      <Facts
        facts={[
          {
            label: t('machine.freshness'),
            value: (
              <>
                <div>
                  {t('machine.pointsLive', {
                    live: state.live,
                    count: state.live + state.stale + state.missing + state.never,
                  })}
                </div>
                {kinds.map((kind) => (
                  <div key={kind}>
                    <span className="hatched">{t(`machine.pointsOf.${kind}`, { count: state[kind] })}</span>
                  </div>
                ))}
              </>
            ),
          },
          {
            label: t('machine.quality'),
            value:
              state.live === 0 ? (
                <span className="hatched">{t('machine.lastKnown')}</span>
              ) : state.notGood === 0 ? (
                t('machine.allGood')
              ) : (
                <span className="hatched">{t('machine.notGood', { count: state.notGood })}</span>
              ),
          },
          { label: t('machine.states'), value: <States values={values} /> },
          {
            label: t('machine.contracts'),
            value:
              without === 0
                ? t('machine.allContracts', { count: points.length })
                : t('machine.withoutContract', { count: without }),
          },
          {
            label: t('machine.rules'),
            value: rules === 0 ? t('machine.noRules') : t('machine.ruleCount', { count: rules }),
          },
          ...(runEvidence ? [{ label: t('machine.runEvidence'), value: <RunEvidence evidence={runEvidence} /> }] : []),
          ...(isExcepted
            ? [
                {
                  label: t('machine.exception'),
                  value: t('machine.exceptionUntil', { reason: isExcepted.reason, until: isExcepted.until }),
                },
              ]
            : []),
          ...(configHash === null
            ? []
            : [{ label: t('machine.configuration'), value: <code>{configHash.slice(0, 12)}</code> }]),
        ]}
      />
    </Panel>
  )
}

/** What the run state rests on. Fewer than two evidences are said, since then nothing can contradict it. */
function RunEvidence({ evidence: { evidences, quorum, disagreement } }: { evidence: RunEvidenceView }) {
  const nowUs = useNowUs()
  const few = evidences.length === 0 ? 'none' : evidences.length === 1 ? 'one' : null
  return (
    <>
      {evidences.map(({ pointId, name, feature, says }) => (
        <div key={`${pointId}${feature ?? ''}`}>
          {t('machine.evidence.line', {
            name: feature === null ? name : `${name} ${tMaybe(`feature.${feature}`, feature)}`,
            says: t(`machine.evidence.${says}`),
          })}
          {disagreement?.dissenters.includes(pointId) === true && (
            <span className="hatched"> {t('machine.evidence.dissents')}</span>
          )}
        </div>
      ))}
      {few !== null && <div className="hatched">{t(`machine.evidence.${few}`)}</div>}
      {few === null && <div className="small muted">{t('machine.evidence.quorum', { quorum })}</div>}
      {disagreement && (
        <div className="hatched">
          {t('machine.evidence.disagree', { time: formatDuration((nowUs - disagreement.sinceUs) / 1e6) })}
        </div>
      )}
    </>
  )
}

/** Points that are not as they should be, by their state. */
function States({ values }: { values: readonly PointValue[] }) {
  const counts = countPointStates(new Map(values.map(({ pointId, state }) => [pointId, state.state])).values())
  const told = pointStates.filter((state) => state !== 'normal' && counts[state] > 0)
  if (told.length === 0) return <PointStateWord state="normal" />
  return told.map((state) => (
    <div key={state} className="machine-states">
      <PointStateWord state={state} />
      <span className="muted">{counts[state]}</span>
    </div>
  ))
}
