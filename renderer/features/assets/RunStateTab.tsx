import type { PlantFile, Point } from '../../../shared/domain/plant-file.ts'
import { displayUnit } from '../../../shared/domain/units.ts'
import { featureNames } from '../../../shared/domain/features.ts'
import { fieldOf, textAt } from '../../../shared/lib/entry-changes.ts'
import { isRaw, type Raw } from '../../../shared/lib/json.ts'
import { Button, Empty, nameWithin, t, tMaybe } from '../../ui/index.ts'
import { Panel } from '../../ui/Page.tsx'
import type { Editing } from './draft-store.ts'
import { withValue } from './drafts.ts'
import { NumberCell } from './PartsTab.tsx'

interface RunStateTabProps {
  plant: PlantFile
  assetId: string
  editing: Editing
}

/** What tells that the machine runs: two evidences or more, and how many of them have to say so. */
export function RunStateTab({ plant, assetId, editing }: RunStateTabProps) {
  const rank = ({ contract }: Point): number =>
    (order.indexOf(contract?.quantity ?? '') + order.length + 1) % (order.length + 1)
  const points = plant.points
    .filter((point) => point.assetId === assetId && point.contract && point.kind !== 'event')
    .sort((a, b) => rank(a) - rank(b))
  const evidences = evidencesOf(editing)
  const machine = plant.assets.find(({ id }) => id === assetId)?.name ?? ''
  if (points.length === 0) return <Empty title={t('assets.run.noPoints')} next={t('assets.run.noPointsNext')} />
  const add = (): void => {
    const used = new Set(evidences.map(({ pointId }) => pointId))
    const point = points.find(({ id }) => !used.has(id)) ?? points[0]
    if (point) put(editing, [...evidences, firstEvidence(point, fieldOf(editing.draft.now, 'ratedRpm'))])
  }
  return (
    <Panel title={t('assets.run.title')}>
      <div className="stack">
        <p className="field-hint">{t('assets.run.hint')}</p>
        {evidences.length < 2 && (
          <p className="assets-notice">{t(evidences.length === 0 ? 'assets.run.none' : 'assets.run.one')}</p>
        )}
        {evidences.map((evidence, at) => (
          // Evidences have no id, and several may be of one point.
          // oxlint-disable-next-line react/no-array-index-key
          <EvidenceRow key={at} evidence={evidence} at={at} points={points} machine={machine} editing={editing} />
        ))}
        <div className="form-actions">
          <Button onClick={add}>{t('assets.run.add')}</Button>
        </div>
        {evidences.length > 0 && <Quorum editing={editing} count={evidences.length} />}
      </div>
    </Panel>
  )
}

/** What tells best comes first. */
const order = ['rotational-speed', 'current', 'power', 'acceleration', 'velocity']

/**
 * Numbers to begin with, to be put right: of the rated speed and of other ranges as the templates take them; of vibration a
 * floor far below any limit.
 */
function firstEvidence({ id, kind, contract }: Point, ratedRpm: unknown): Raw {
  const isSpeed = contract?.quantity === 'rotational-speed' && contract.unit === 'rpm'
  const high = isSpeed && typeof ratedRpm === 'number' ? ratedRpm : (contract?.expectedRange[1] ?? 1)
  const [above, below] = kind === 'waveform' ? [0.005, 0.001] : isSpeed ? [0.6, 0.05] : [0.2, 0.05]
  const limit = (share: number): number => Number((high * share).toPrecision(2))
  return {
    pointId: id,
    ...(kind === 'waveform' ? { feature: 'rms' } : {}),
    runningAbove: limit(above ?? 0),
    stoppedBelow: limit(below ?? 0),
  }
}

function evidencesOf(editing: Editing): Raw[] {
  const value = fieldOf(editing.draft.now, 'runState.evidences')
  return Array.isArray(value) ? value.filter(isRaw) : []
}

function put(editing: Editing, evidences: readonly Raw[]): void {
  const quorum = fieldOf(editing.draft.now, 'runState.quorum')
  const before = evidencesOf(editing).length
  const usual = (count: number): number => Math.min(count, Math.floor(count / 2) + 1)
  // The majority, until somebody says otherwise.
  const isUsual = typeof quorum !== 'number' || quorum === usual(before)
  const next = isUsual ? usual(evidences.length) : Math.min(quorum, evidences.length)
  const rest = fieldOf(editing.draft.now, 'runState')
  editing.edit((draft) =>
    withValue(
      draft,
      'runState',
      evidences.length === 0 ? undefined : { ...(isRaw(rest) ? rest : {}), evidences, quorum: next },
    ),
  )
}

interface EvidenceRowProps {
  evidence: Raw
  at: number
  points: readonly Point[]
  /** Its name, which need not stand before each point's. */
  machine: string
  editing: Editing
}

function EvidenceRow({ evidence, at, points, machine, editing }: EvidenceRowProps) {
  const point = points.find(({ id }) => id === evidence['pointId'])
  const unit = point?.contract ? displayUnit(point.contract.unit) : ''
  const all = evidencesOf(editing)
  const set = (part: Raw): void =>
    put(
      editing,
      all.map((one, index) =>
        index === at
          ? Object.fromEntries(Object.entries({ ...one, ...part }).filter(([, value]) => value !== undefined))
          : one,
      ),
    )
  const number = (key: 'runningAbove' | 'stoppedBelow') => (
    <NumberCell
      editing={editing}
      place={`runState#${at}.${key}`}
      label={unit === '' ? t(`assets.run.${key}`) : t('assets.withUnit', { name: t(`assets.run.${key}`), unit })}
      value={evidence[key]}
      onChange={(value) => value !== undefined && set({ [key]: value })}
    />
  )
  const fault = Object.entries(editing.draft.faults).find(([field]) =>
    field.startsWith(`runState.evidences[${at}]`),
  )?.[1]
  return (
    <fieldset className="part-row">
      <legend>{t('assets.run.evidence', { number: at + 1 })}</legend>
      <label className="part-cell">
        <span>{t('assets.run.point')}</span>
        <select
          value={String(evidence['pointId'])}
          onChange={(event) => {
            const next = points.find(({ id }) => id === event.target.value)
            if (next) set({ feature: undefined, ...firstEvidence(next, fieldOf(editing.draft.now, 'ratedRpm')) })
          }}
        >
          {points.map(({ id, name }) => (
            <option key={id} value={id}>
              {nameWithin(machine, name ?? id)}
            </option>
          ))}
        </select>
      </label>
      {point?.kind === 'waveform' && (
        <label className="part-cell">
          <span>{t('assets.run.feature')}</span>
          <select value={textAt(evidence, 'feature', 'rms')} onChange={(event) => set({ feature: event.target.value })}>
            {featureNames.map((name) => (
              <option key={name} value={name}>
                {tMaybe(`feature.${name}`, name)}
              </option>
            ))}
          </select>
        </label>
      )}
      {number('runningAbove')}
      {number('stoppedBelow')}
      <Button
        aria-label={t('assets.run.removeOne', { number: at + 1 })}
        onClick={() =>
          put(
            editing,
            all.filter((_, index) => index !== at),
          )
        }
      >
        {t('assets.parts.remove')}
      </Button>
      {fault !== undefined && <p className="field-fault part-words">{fault}</p>}
    </fieldset>
  )
}

function Quorum({ editing, count }: { editing: Editing; count: number }) {
  const quorum = fieldOf(editing.draft.now, 'runState.quorum')
  const set = (value: number): void => editing.edit((draft) => withValue(draft, 'runState.quorum', value))
  return (
    <label className="part-cell quorum">
      <span>{t('assets.run.quorum')}</span>
      <select value={typeof quorum === 'number' ? quorum : 1} onChange={(event) => set(Number(event.target.value))}>
        {Array.from({ length: count }, (_, index) => (
          <option key={index + 1} value={index + 1}>
            {t('assets.run.of', { quorum: index + 1, count })}
          </option>
        ))}
      </select>
    </label>
  )
}
