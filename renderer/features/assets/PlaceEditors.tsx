import { useState } from 'react'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import { navigate } from '../../stores/router.ts'
import { Button, t } from '../../ui/index.ts'
import { AddLine, AddMachine } from './AddDialogs.tsx'
import { useEditing } from './draft-store.ts'
import { EditBar } from './EditBar.tsx'
import { HistoryTab } from './HistoryTab.tsx'
import { Made } from './Made.tsx'
import { SpecForm } from './SpecField.tsx'
import { lineSpecs, plantSpecs } from './specs.ts'

export function PlantEditor({ plant }: { plant: PlantFile }) {
  const editing = useEditing('plant', null, plant.plant)
  const [isAdding, setIsAdding] = useState(false)
  return (
    <>
      <header className="editor-head">
        <h2>{plant.plant.name}</h2>
        <code className="muted">{plant.plant.id}</code>
        <span className="editor-tools">
          <Button onClick={() => setIsAdding(true)}>{t('assets.addLine')}</Button>
        </span>
      </header>
      <div className="editor-body stack">
        {plant.lines.length === 0 && <p className="assets-notice">{t('assets.noLines')}</p>}
        <SpecForm specs={plantSpecs} editing={editing} />
        <h3>{t('assets.tab.history')}</h3>
        <HistoryTab section="plant" id={null} entry={plant.plant} editing={editing} />
      </div>
      <EditBar editing={editing} name={plant.plant.name} />
      {isAdding && <AddLine plant={plant} onClose={() => setIsAdding(false)} />}
    </>
  )
}

export function LineEditor({ plant, line }: { plant: PlantFile; line: PlantFile['lines'][number] }) {
  const editing = useEditing('lines', line.id, line)
  const [dialog, setDialog] = useState<'machine' | 'remove' | null>(null)
  const machines = plant.assets.filter(({ lineId }) => lineId === line.id).length
  const close = (): void => setDialog(null)
  return (
    <>
      <header className="editor-head">
        <h2>{line.name}</h2>
        <code className="muted">{line.id}</code>
        <span className="editor-tools">
          <Button onClick={() => navigate({ page: 'new-machine' })}>{t('assets.addByTemplate')}</Button>
          <Button onClick={() => setDialog('machine')}>{t('assets.addMachine')}</Button>
          <Button
            disabled={machines > 0}
            title={machines > 0 ? t('assets.lineInUse', { count: machines }) : undefined}
            onClick={() => setDialog('remove')}
          >
            {t('assets.removeLine')}
          </Button>
        </span>
      </header>
      <div className="editor-body stack">
        <SpecForm specs={lineSpecs} editing={editing} />
        {machines === 0 && <p className="assets-notice">{t('assets.noMachines')}</p>}
        {machines > 0 && <p className="field-hint">{t('assets.lineInUse', { count: machines })}</p>}
        <h3>{t('assets.tab.history')}</h3>
        <HistoryTab section="lines" id={line.id} entry={line} editing={editing} />
      </div>
      <EditBar editing={editing} name={line.name} />
      {dialog === 'machine' && <AddMachine plant={plant} lineId={line.id} onClose={close} />}
      {dialog === 'remove' && (
        <Made
          changes={[{ kind: 'removed', section: 'lines', id: line.id, field: '', before: line, after: undefined }]}
          name={line.name}
          onClose={close}
        />
      )}
    </>
  )
}
