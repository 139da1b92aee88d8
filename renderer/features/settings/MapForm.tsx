import { useState, type FormEvent } from 'react'
import type { Fault } from '../../../shared/domain/fault.ts'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import type { Failure } from '../../../shared/domain/problem.ts'
import type { BrowseEntry } from '../../../shared/protocol/methods.ts'
import { bridge } from '../../bridge/bridge.ts'
import { failureOf } from '../../stores/topic.ts'
import { toast } from '../../stores/toasts.ts'
import { Button, t } from '../../ui/index.ts'
import { fieldOfPath, pointFromDraft, type FieldFault } from './draft-point.ts'
import { useFaultFocus } from '../../ui/use-fault-focus.ts'
import { FaultList } from './FaultList.tsx'
import { MapFields } from './MapFields.tsx'
import { cadenceOf, proposePoint, type DraftField, type PointDraft } from './propose-point.ts'

interface MapFormProps {
  plant: PlantFile
  serverId: string
  entry: BrowseEntry
  mappedTo: string | null
}

/** The machine whose name or id the node's own id begins with; else none, so that nobody maps to the first by accident. */
function likelyAsset(plant: PlantFile, entry: BrowseEntry): string {
  const text = `${entry.nodeId} ${entry.browseName} ${entry.displayName}`.toLowerCase()
  const found = plant.assets.find((asset) => text.includes(asset.id.toLowerCase()))
  return found?.id ?? (plant.assets.length === 1 ? (plant.assets[0]?.id ?? '') : '')
}

/** Rate and block size give the cadence of a waveform; what a person typed there is kept. */
function withCadence(before: PointDraft, after: PointDraft): PointDraft {
  if (after.kind !== 'waveform' || after.cadenceMs !== before.cadenceMs) return after
  const implied = (draft: PointDraft): string =>
    String(cadenceOf(Number(draft.sampleRateHz), Number(draft.blockSize)) ?? '')
  const next = implied(after)
  if (next === '' || (before.cadenceMs !== '' && before.cadenceMs !== implied(before))) return after
  return {
    ...after,
    cadenceMs: next,
    staleAfterMs: String(2 * Number(next)),
    missingAfterMs: String(Math.max(1000, 5 * Number(next))),
  }
}

export function MapForm({ plant, serverId, entry, mappedTo }: MapFormProps) {
  const taken = new Set(plant.points.map((point) => point.id))
  const [proposal] = useState(() => proposePoint(entry, likelyAsset(plant, entry), taken))
  const [draft, setDraft] = useState(proposal.draft)
  const [faults, setFaults] = useState<readonly FieldFault[]>([])
  const [refused, setRefused] = useState<readonly Fault[]>([])
  const [refusal, setRefusal] = useState<Failure | null>(null)
  const [isSaving, setIsSaving] = useState(false)
  const [refusals, setRefusals] = useState(0)
  const form = useFaultFocus(refusals)

  const change = (part: Partial<PointDraft>): void => {
    setDraft((before) => {
      const next = withCadence(before, { ...before, ...part })
      // The proposed id names the machine; it follows while nobody has changed it.
      const isProposed = before.id === proposePoint(entry, before.assetId, taken).draft.id
      return part.assetId !== undefined && isProposed
        ? { ...next, id: proposePoint(entry, part.assetId, taken).draft.id }
        : next
    })
  }
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    const result = pointFromDraft(draft, serverId, entry.nodeId)
    setFaults(result.ok ? [] : result.faults)
    setRefused([])
    setRefusal(null)
    if (!result.ok) return setRefusals((count) => count + 1)
    setIsSaving(true)
    try {
      const answer = await bridge.call('config.addPoint', {
        point: result.point,
        reason: t('settings.mappedReason', { id: result.point.id }),
      })
      setRefused(answer.faults)
      if (answer.faults.length > 0) setRefusals((count) => count + 1)
      if (answer.faults.length === 0) toast('done', t('settings.pointAdded', { id: result.point.id }))
    } catch (error) {
      setRefusal(failureOf(error))
    }
    setIsSaving(false)
  }
  const faultOf = (field: DraftField): string | undefined => {
    const own = faults.find((fault) => fault.field === field)
    if (own) return t(`settings.fault.${own.key}`)
    const theirs = refused.find((fault) => fieldOfPath(fault.path) === field)
    return theirs === undefined ? undefined : `${theirs.message} ${theirs.remedy}`
  }
  if (mappedTo !== null) return <p>{t('settings.alreadyMapped', { id: mappedTo })}</p>
  return (
    <form className="stack" ref={form} onSubmit={(event) => void save(event)}>
      <MapFields plant={plant} draft={draft} basis={proposal.basis} faultOf={faultOf} onChange={change} />
      <FaultList faults={refused.filter((fault) => fieldOfPath(fault.path) === null)} refusal={refusal} />
      <div className="settings-actions">
        <Button kind="primary" type="submit" busy={isSaving}>
          {isSaving ? t('settings.saving') : t('settings.savePoint')}
        </Button>
        {faults.length + refused.length > 0 && (
          <span role="alert">{t('settings.faultCount', { count: faults.length + refused.length })}</span>
        )}
      </div>
    </form>
  )
}
