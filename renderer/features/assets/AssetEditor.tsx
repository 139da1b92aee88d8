import { useState } from 'react'
import type { PlantChange } from '../../../shared/domain/plant-change.ts'
import type { Asset, PlantFile } from '../../../shared/domain/plant-file.ts'
import { useCall } from '../../stores/topic.ts'
import { navigate } from '../../stores/router.ts'
import { Button, t, Tabs, tMaybe } from '../../ui/index.ts'
import { AddPoint } from './AddDialogs.tsx'
import { useEditing, type Editing } from './draft-store.ts'
import { EditBar } from './EditBar.tsx'
import { HistoryTab } from './HistoryTab.tsx'
import { ModesTab } from './ModesTab.tsx'
import { PartsTab } from './PartsTab.tsx'
import { RetireDialog } from './RetireDialog.tsx'
import { RunStateTab } from './RunStateTab.tsx'
import { SpecForm } from './SpecField.tsx'
import { assetSpecs, descendantsOf } from './specs.ts'

interface AssetEditorProps {
  plant: PlantFile
  asset: Asset
  missing: readonly string[]
  tab: string
  onTab: (tab: string) => void
  /** The component the tree points at. */
  component: string | null
}

/** One machine: its facts, how it can fail, its parts, what tells that it runs, and its history. */
export function AssetEditor({ plant, asset, missing, tab, onTab, component }: AssetEditorProps) {
  const editing = useEditing('assets', asset.id, asset)
  const { value: bearings } = useCall('catalogue.bearings', {})
  const [dialog, setDialog] = useState<'point' | 'retire' | null>(null)
  const close = (): void => setDialog(null)
  const tabs = [
    {
      id: 'facts',
      label: t('assets.tab.facts'),
      content: <FactsTab plant={plant} asset={asset} missing={missing} editing={editing} />,
    },
    { id: 'modes', label: t('assets.tab.modes'), content: <ModesTab plant={plant} editing={editing} /> },
    {
      id: 'parts',
      label: t('assets.tab.parts'),
      content: (
        <PartsTab
          plant={plant}
          assetId={asset.id}
          editing={editing}
          bearings={bearings?.names ?? []}
          chosen={component}
        />
      ),
    },
    {
      id: 'run',
      label: t('assets.tab.run'),
      content: <RunStateTab plant={plant} assetId={asset.id} editing={editing} />,
    },
    {
      id: 'history',
      label: t('assets.tab.history'),
      content: <HistoryTab section="assets" id={asset.id} entry={asset} editing={editing} />,
    },
  ]
  return (
    <>
      <header className="editor-head">
        <h2>{asset.name}</h2>
        <code className="muted">{asset.id}</code>
        <span className="editor-tools">
          <Button onClick={() => navigate({ page: 'machine', assetId: asset.id })}>{t('assets.openMachine')}</Button>
          <Button onClick={() => setDialog('point')}>{t('assets.addPoint')}</Button>
          <Button onClick={() => setDialog('retire')}>{t('assets.retire')}</Button>
        </span>
      </header>
      <Tabs label={t('assets.tabs', { name: asset.name })} tabs={tabs} value={known(tabs, tab)} onChange={onTab} />
      <EditBar editing={editing} name={asset.name} along={lineOfChildren(plant, asset, editing)} />
      {dialog === 'point' && <AddPoint plant={plant} assetId={asset.id} componentId={component} onClose={close} />}
      {dialog === 'retire' && (
        <RetireDialog plant={plant} kind="asset" id={asset.id} name={asset.name} onClose={close} />
      )}
    </>
  )
}

export function known(tabs: readonly { id: string }[], tab: string): string {
  return tabs.some(({ id }) => id === tab) ? tab : (tabs[0]?.id ?? '')
}

interface FactsTabProps {
  plant: PlantFile
  asset: Asset
  missing: readonly string[]
  editing: Editing
}

function FactsTab({ plant, asset, missing, editing }: FactsTabProps) {
  return (
    <div className="stack">
      {missing.length > 0 && (
        <p className="assets-notice">
          {t('assets.draftLacks', {
            facts: missing.map((name) => tMaybe(`machine.fact.${name}`, name).toLocaleLowerCase()).join(', '),
          })}
        </p>
      )}
      <SpecForm specs={assetSpecs(plant, asset.id)} editing={editing} />
      <p className="field-hint">{t('assets.place', { places: placeOf(plant, asset) })}</p>
      {asset.templateRef !== undefined && (
        <p className="field-hint">
          {asset.templateReview === undefined
            ? t('assets.fromTemplate', { template: asset.templateRef })
            : t(`assets.template.${asset.templateReview.decision}By`, {
                ...asset.templateReview,
                template: asset.templateRef,
              })}
        </p>
      )}
    </div>
  )
}

/** The levels of ISO 14224 from the plant on: plant, section, equipment class, subunit, component. */
function placeOf(plant: PlantFile, asset: Asset): string {
  const line = plant.lines.find(({ id }) => id === asset.lineId)
  const parent = plant.assets.find(({ id }) => id === asset.parentId)
  const parts = (asset.components ?? []).map(({ id, name }) => name ?? id)
  return [
    t('assets.places.4', { name: plant.plant.name }),
    t('assets.places.5', { name: line?.name ?? asset.lineId }),
    t('assets.places.6', { name: tMaybe(`machine.family.${asset.family}`, asset.family) }),
    ...(parent ? [t('assets.places.7', { name: parent.name })] : []),
    ...(parts.length > 0 ? [t('assets.places.8', { name: parts.join(', ') })] : []),
  ].join(' \u203a ')
}

/** What hangs below a machine goes along to the other line. */
function lineOfChildren(plant: PlantFile, asset: Asset, { draft }: Editing): PlantChange[] {
  const lineId = draft.now['lineId']
  if (typeof lineId !== 'string' || lineId === draft.base['lineId']) return []
  const below = descendantsOf(plant, asset.id)
  return plant.assets.flatMap((other): PlantChange[] =>
    below.has(other.id) && other.lineId !== lineId
      ? [{ kind: 'changed', section: 'assets', id: other.id, field: 'lineId', before: other.lineId, after: lineId }]
      : [],
  )
}
