import { useEffect, useState, type FormEvent } from 'react'
import type { Fault } from '../../../shared/domain/fault.ts'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import type { Failure } from '../../../shared/domain/problem.ts'
import type { BrowseEntry } from '../../../shared/protocol/methods.ts'
import { bridge } from '../../bridge/bridge.ts'
import { useRemembered } from '../../stores/router.ts'
import { toast } from '../../stores/toasts.ts'
import { failureOf } from '../../stores/topic.ts'
import { Button, Field, Skeleton, t } from '../../ui/index.ts'
import { FaultList } from './FaultList.tsx'
import { emptyTemplate, mappable, planFolder, type FolderTemplate, type PlannedPoint } from './folder-plan.ts'

interface FolderMapProps {
  plant: PlantFile
  serverId: string
  folder: BrowseEntry
  mapped: ReadonlyMap<string, string>
}

/** As many as the protocol takes in one revision; a larger folder is mapped in parts. */
const mostPoints = 1_000
const describeStep = 200

/** Variables of the folder, each with its type and unit. */
function useVariables(serverId: string, folder: BrowseEntry) {
  const [entries, setEntries] = useState<readonly BrowseEntry[] | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)
  useEffect(() => {
    const over = new AbortController()
    const read = async (): Promise<void> => {
      try {
        const listed = await bridge.call('server.browse', { serverId, nodeId: folder.nodeId })
        const variables = listed.entries.filter(({ nodeClass }) => nodeClass === 'variable').slice(0, mostPoints)
        const described = variables.filter((entry) => entry.described !== false)
        const rest = variables.filter((entry) => entry.described === false).map(({ nodeId }) => nodeId)
        for (let first = 0; first < rest.length && !over.signal.aborted; first += describeStep) {
          const nodeIds = rest.slice(first, first + describeStep)
          described.push(...(await bridge.call('server.describe', { serverId, nodeIds })).entries)
        }
        if (!over.signal.aborted) setEntries(described)
      } catch (error) {
        if (!over.signal.aborted) setFailure(failureOf(error))
      }
    }
    void read()
    return () => over.abort()
  }, [serverId, folder.nodeId])
  return { entries, failure }
}

/** Maps all chosen variables of a folder at once: one template, one revision of the plant file. */
export function FolderMap({ plant, serverId, folder, mapped }: FolderMapProps) {
  const { entries, failure } = useVariables(serverId, folder)
  // What was said for the folder before is where this one begins: machines of a kind are mapped one after the other.
  const [last, setLast] = useRemembered<FolderTemplate>('settings.folderTemplate', emptyTemplate)
  const [template, setTemplate] = useState<FolderTemplate>(() => ({ ...last, assetId: likelyAsset(plant, folder) }))
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set())
  const [refused, setRefused] = useState<readonly Fault[]>([])
  const [refusal, setRefusal] = useState<Failure | null>(null)
  const [isSaving, setIsSaving] = useState(false)
  if (failure) return <p>{t('settings.branchFailed', { message: failure.message })}</p>
  if (entries === null) return <Skeleton rows={5} />
  const open = mappable(entries, mapped)
  if (open.length === 0) return <p className="muted">{t('browse.folderEmpty')}</p>
  const taken = new Set(plant.points.map((point) => point.id))
  const chosen = open.filter(({ nodeId }) => !left.has(nodeId))
  const planned = planFolder(chosen, template, folder.browseName, serverId, taken)
  const ready = planned.flatMap(({ point }) => point ?? [])

  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setRefused([])
    setRefusal(null)
    if (ready.length === 0) return
    setIsSaving(true)
    try {
      const reason = t('browse.folderReason', { folder: folder.displayName, count: ready.length })
      const { faults } = await bridge.call('config.addPoints', { points: ready, reason })
      setRefused(faults)
      if (faults.length === 0) {
        setLast(template)
        toast('done', t('browse.folderDone', { count: ready.length }))
      }
    } catch (error) {
      setRefusal(failureOf(error))
    }
    setIsSaving(false)
  }
  return (
    <form className="stack" onSubmit={(event) => void save(event)}>
      <p className="small muted">{t('browse.folderWhat', { count: open.length, folder: folder.displayName })}</p>
      <TemplateFields plant={plant} template={template} onChange={setTemplate} />
      <PlannedTable
        open={open}
        planned={planned}
        left={left}
        onLeave={(nodeId, isLeft) => {
          const next = new Set(left)
          if (isLeft) next.add(nodeId)
          else next.delete(nodeId)
          setLeft(next)
        }}
      />
      <FaultList faults={refused} refusal={refusal} />
      <div className="settings-actions">
        <Button kind="primary" type="submit" busy={isSaving} disabled={ready.length === 0}>
          {isSaving ? t('settings.saving') : t('browse.folderSave', { count: ready.length })}
        </Button>
        {planned.length > ready.length && (
          <span role="status">{t('browse.folderNotReady', { count: planned.length - ready.length })}</span>
        )}
      </div>
    </form>
  )
}

function likelyAsset(plant: PlantFile, folder: BrowseEntry): string {
  const text = `${folder.nodeId} ${folder.browseName} ${folder.displayName}`.toLowerCase()
  const found = plant.assets.find((asset) => text.includes(asset.id.toLowerCase()))
  return found?.id ?? (plant.assets.length === 1 ? (plant.assets[0]?.id ?? '') : '')
}

interface TemplateFieldsProps {
  plant: PlantFile
  template: FolderTemplate
  onChange: (template: FolderTemplate) => void
}

const gaps = ['unit', 'rangeLow', 'rangeHigh', 'cadenceMs', 'sampleRateHz', 'blockSize'] as const

function TemplateFields({ plant, template, onChange }: TemplateFieldsProps) {
  const change = (part: Partial<FolderTemplate>): void => onChange({ ...template, ...part })
  return (
    <div className="form-grid">
      <Field label={t('settings.field.assetId')}>
        {(ids) => (
          <select {...ids} value={template.assetId} onChange={(event) => change({ assetId: event.target.value })}>
            <option value="">{t('settings.chooseAsset')}</option>
            {plant.assets.map((asset) => (
              <option key={asset.id} value={asset.id}>
                {asset.name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={t('browse.pattern')} hint={t('browse.patternHint')}>
        {(ids) => (
          <input
            {...ids}
            spellCheck={false}
            value={template.pattern}
            onChange={(event) => change({ pattern: event.target.value })}
          />
        )}
      </Field>
      {gaps.map((field) => (
        <Field key={field} label={t(`settings.field.${field}`)} hint={t('browse.whereMissing')}>
          {(ids) => (
            <input
              {...ids}
              inputMode={field === 'unit' ? 'text' : 'decimal'}
              spellCheck={false}
              value={template[field]}
              onChange={(event) => change({ [field]: event.target.value })}
            />
          )}
        </Field>
      ))}
    </div>
  )
}

interface PlannedTableProps {
  open: readonly BrowseEntry[]
  planned: readonly PlannedPoint[]
  left: ReadonlySet<string>
  onLeave: (nodeId: string, isLeft: boolean) => void
}

function PlannedTable({ open, planned, left, onLeave }: PlannedTableProps) {
  const byNode = new Map(planned.map((plan) => [plan.entry.nodeId, plan]))
  return (
    <table className="data-table planned">
      <thead>
        <tr>
          <th scope="col">{t('browse.tag')}</th>
          <th scope="col">{t('settings.field.id')}</th>
          <th scope="col">{t('settings.field.unit')}</th>
          <th scope="col">{t('browse.state')}</th>
        </tr>
      </thead>
      <tbody>
        {open.map((entry) => {
          const plan = byNode.get(entry.nodeId)
          return (
            <tr key={entry.nodeId}>
              <th scope="row">
                <label className="check">
                  <input
                    type="checkbox"
                    checked={!left.has(entry.nodeId)}
                    onChange={(event) => onLeave(entry.nodeId, !event.target.checked)}
                  />
                  <span>{entry.displayName}</span>
                </label>
              </th>
              <td className="selectable">{plan?.draft.id ?? ''}</td>
              <td>{plan?.draft.unit ?? ''}</td>
              <td className="small">{plan === undefined ? t('browse.left') : stateOf(plan)}</td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

function stateOf({ point, faults }: PlannedPoint): string {
  if (point) return t('browse.ready')
  const names = [...new Set(faults.map(({ field }) => t(`settings.field.${field}`)))]
  return t('browse.needs', { fields: names.join(', ') })
}
