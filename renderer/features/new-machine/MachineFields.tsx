import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import { DayField, Field, SelectField, t, type TextKey } from '../../ui/index.ts'
import { assetIdOf, type SiteDraft } from './site-draft.ts'

interface MachineFieldsProps {
  plant: PlantFile
  draft: SiteDraft
  isTaken: boolean
  onChange: (part: Partial<SiteDraft>) => void
}

const criticalities = ['1', '2', '3', '4', '5'] as const
const typed: readonly { key: 'manufacturer' | 'model' | 'serial'; label: TextKey }[] = [
  { key: 'manufacturer', label: 'newMachine.manufacturer' },
  { key: 'model', label: 'newMachine.model' },
  { key: 'serial', label: 'newMachine.serial' },
]

export function MachineFields({ plant, draft, isTaken, onChange }: MachineFieldsProps) {
  const { identity } = draft
  const set = (key: keyof SiteDraft['identity'], value: string): void =>
    onChange({ identity: { ...identity, [key]: value } })
  return (
    <div className="form-grid">
      <Field label={t('newMachine.name')} hint={t('newMachine.nameHint')}>
        {(ids) => (
          <input {...ids} autoFocus value={draft.name} onChange={(event) => onChange({ name: event.target.value })} />
        )}
      </Field>
      <Field
        label={t('newMachine.id')}
        hint={t('newMachine.idHint')}
        fault={isTaken ? t('newMachine.idTaken') : undefined}
      >
        {(ids) => (
          <input
            {...ids}
            spellCheck={false}
            className="mono"
            value={assetIdOf(draft)}
            onChange={(event) => onChange({ assetId: event.target.value })}
          />
        )}
      </Field>
      <SelectField
        label={t('newMachine.line')}
        value={draft.lineId}
        options={plant.lines}
        onChange={(id) => onChange({ lineId: id })}
      />
      {typed.map(({ key, label }) => (
        <Field key={key} label={t(label)}>
          {(ids) => <input {...ids} value={identity[key]} onChange={(event) => set(key, event.target.value)} />}
        </Field>
      ))}
      <DayField
        label={t('newMachine.commissionedOn')}
        value={identity.commissionedOn}
        onChange={(day) => set('commissionedOn', day)}
      />
      <Field label={t('newMachine.criticality')} hint={t('newMachine.criticalityHint')}>
        {(ids) => (
          <select {...ids} value={identity.criticality} onChange={(event) => set('criticality', event.target.value)}>
            <option value="">{t('newMachine.notSaid')}</option>
            {criticalities.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        )}
      </Field>
    </div>
  )
}
