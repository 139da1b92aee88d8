import { useState } from 'react'
import type { PlantFile, Point } from '../../../shared/domain/plant-file.ts'
import { nameWithin } from '../../../shared/lib/names.ts'
import { Button, t, Tabs } from '../../ui/index.ts'
import { known } from './AssetEditor.tsx'
import { ContractTab } from './ContractTab.tsx'
import { useEditing } from './draft-store.ts'
import { EditBar } from './EditBar.tsx'
import { HistoryTab } from './HistoryTab.tsx'
import { RetireDialog } from './RetireDialog.tsx'
import { SensorTab } from './SensorTab.tsx'
import { SpecForm } from './SpecField.tsx'
import { pointSpecs } from './specs.ts'

interface PointEditorProps {
  plant: PlantFile
  point: Point
  tab: string
  onTab: (tab: string) => void
}

/** One point: what it is and where it comes from, its contract with all versions, and its sensor. */
export function PointEditor({ plant, point, tab, onTab }: PointEditorProps) {
  const editing = useEditing('points', point.id, point)
  const [isLeaving, setIsLeaving] = useState(false)
  const machine = plant.assets.find(({ id }) => id === point.assetId)
  const name = point.name ?? point.id
  const assetId = typeof editing.draft.now['assetId'] === 'string' ? editing.draft.now['assetId'] : point.assetId
  const tabs = [
    { id: 'contract', label: t('assets.tab.contract'), content: <ContractTab point={point} editing={editing} /> },
    {
      id: 'point',
      label: t('assets.tab.point'),
      content: (
        <div className="stack">
          <SpecForm specs={pointSpecs(plant, point.id, assetId)} editing={editing} />
          {point.write !== undefined && <p className="field-hint">{t('assets.writable')}</p>}
        </div>
      ),
    },
    {
      id: 'sensor',
      label: t('assets.tab.sensor'),
      content: <SensorTab plant={plant} point={point} editing={editing} />,
    },
    {
      id: 'versions',
      label: t('assets.tab.versions'),
      content: <HistoryTab section="points" id={point.id} entry={point} editing={editing} part="contract" />,
    },
    {
      id: 'history',
      label: t('assets.tab.history'),
      content: <HistoryTab section="points" id={point.id} entry={point} editing={editing} />,
    },
  ]
  return (
    <>
      <header className="editor-head">
        <h2>{machine ? `${machine.name}: ${nameWithin(machine.name, name)}` : name}</h2>
        <code className="muted">{point.id}</code>
        <span className="editor-tools">
          <Button onClick={() => setIsLeaving(true)}>{t('assets.retire')}</Button>
        </span>
      </header>
      <Tabs label={t('assets.tabs', { name })} tabs={tabs} value={known(tabs, tab)} onChange={onTab} />
      <EditBar editing={editing} name={name} />
      {isLeaving && (
        <RetireDialog plant={plant} kind="point" id={point.id} name={name} onClose={() => setIsLeaving(false)} />
      )}
    </>
  )
}
