import type { InputHTMLAttributes } from 'react'
import { contractSchema, quantities, type PlantFile } from '../../../shared/domain/plant-file.ts'
import { unitsOf } from '../../../shared/domain/units.ts'
import { Field, t, tMaybe } from '../../ui/index.ts'
import type { Basis, DraftField, PointDraft } from './propose-point.ts'

interface MapFieldsProps {
  plant: PlantFile
  draft: PointDraft
  basis: Partial<Record<DraftField, Basis>>
  faultOf: (field: DraftField) => string | undefined
  onChange: (part: Partial<PointDraft>) => void
}

interface Option {
  value: string
  label: string
}

const kinds = ['scalar', 'waveform', 'event'] as const
const detectors = contractSchema.shape.detector.options
const axes = contractSchema.shape.axis.unwrap().options

export function MapFields({ plant, draft, basis, faultOf, onChange }: MapFieldsProps) {
  const components = plant.assets.find((asset) => asset.id === draft.assetId)?.components ?? []
  const units = unitsOf(draft.quantity).map((unit) => unit.symbol)
  const pick = (field: DraftField, options: readonly Option[]) => (
    <SelectField
      field={field}
      draft={draft}
      basis={basis[field]}
      fault={faultOf(field)}
      options={options}
      onChange={onChange}
    />
  )
  const type = (field: DraftField, mode?: InputHTMLAttributes<HTMLInputElement>['inputMode']) => (
    <TextField
      field={field}
      draft={draft}
      basis={basis[field]}
      fault={faultOf(field)}
      mode={mode}
      onChange={onChange}
    />
  )
  return (
    <>
      <div className="form-grid">
        {pick('assetId', [
          { value: '', label: t('settings.chooseAsset') },
          ...plant.assets.map((asset) => ({ value: asset.id, label: asset.name })),
        ])}
        {pick('componentId', [
          { value: '', label: t('settings.noComponent') },
          ...components.map((component) => ({ value: component.id, label: component.name ?? component.id })),
        ])}
        {type('id')}
        {type('name')}
      </div>
      <h3>{t('settings.contract')}</h3>
      <div className="form-grid">
        {pick(
          'kind',
          kinds.map((value) => ({ value, label: t(`settings.kind.${value}`) })),
        )}
        {pick(
          'quantity',
          quantities.map((value) => ({ value, label: tMaybe(`quantity.${value}`, value) })),
        )}
        {pick('unit', [
          { value: '', label: t('settings.chooseUnit') },
          ...[...new Set([...units, ...(draft.unit === '' ? [] : [draft.unit])])].map((value) => ({
            value,
            label: value,
          })),
        ])}
        {pick(
          'detector',
          detectors.map((value) => ({ value, label: t(`settings.detector.${value}`) })),
        )}
        {type('placement')}
        {pick('axis', [
          { value: '', label: t('settings.noAxis') },
          ...axes.map((value) => ({ value, label: tMaybe(`axis.${value}`, value) })),
        ])}
        {type('rangeLow', 'decimal')}
        {type('rangeHigh', 'decimal')}
        {type('sampleRateHz', 'decimal')}
        {draft.kind === 'waveform' && type('blockSize', 'numeric')}
        {type('cadenceMs', 'decimal')}
        {type('staleAfterMs', 'decimal')}
        {type('missingAfterMs', 'decimal')}
      </div>
    </>
  )
}

interface OneFieldProps {
  field: DraftField
  draft: PointDraft
  basis: Basis | undefined
  fault: string | undefined
  onChange: (part: Partial<PointDraft>) => void
}

/** Where a proposed value comes from, so that a guess is seen as one. */
function hintOf(field: DraftField, basis: Basis | undefined): string | undefined {
  if (basis !== undefined) return t(`settings.basis.${basis}`)
  return tMaybe(`settings.fieldHint.${field}`, '') || undefined
}

function SelectField({
  field,
  draft,
  basis,
  fault,
  options,
  onChange,
}: OneFieldProps & { options: readonly Option[] }) {
  return (
    <Field label={t(`settings.field.${field}`)} hint={hintOf(field, basis)} fault={fault}>
      {(ids) => (
        <select {...ids} value={draft[field]} onChange={(event) => onChange({ [field]: event.target.value })}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

function TextField({
  field,
  draft,
  basis,
  fault,
  mode,
  onChange,
}: OneFieldProps & { mode: InputHTMLAttributes<HTMLInputElement>['inputMode'] }) {
  return (
    <Field label={t(`settings.field.${field}`)} hint={hintOf(field, basis)} fault={fault}>
      {(ids) => (
        <input
          {...ids}
          inputMode={mode}
          spellCheck={false}
          value={draft[field]}
          onChange={(event) => onChange({ [field]: event.target.value })}
        />
      )}
    </Field>
  )
}
