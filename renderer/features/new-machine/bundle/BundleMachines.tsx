import type { PlantFile } from '../../../../shared/domain/plant-file.ts'
import type { BundleFacts } from '../../../../shared/protocol/bundle.ts'
import { Field, SelectField, t, tMaybe } from '../../../ui/index.ts'
import { machineIdOf, nodeIdOf, type BundleDraft, type MachineDraft } from './bundle-draft.ts'

interface BundleMachinesProps {
  plant: PlantFile
  facts: BundleFacts
  draft: BundleDraft
  onChange: (draft: BundleDraft) => void
}

/** Which machines come, and of each what only this site knows. */
export function BundleMachines({ plant, facts, draft, onChange }: BundleMachinesProps) {
  const change = (at: number, part: Partial<MachineDraft>): void =>
    onChange({ ...draft, machines: draft.machines.map((each, i) => (i === at ? { ...each, ...part } : each)) })
  return (
    <div className="stack">
      <div className="bundle-server">
        <SelectField
          label={t('newMachine.server')}
          value={draft.serverId}
          options={plant.servers}
          onChange={(id) => onChange({ ...draft, serverId: id })}
        />
      </div>
      {draft.machines.map((machine, at) => {
        const known = facts.machines[at]
        return known ? (
          <Machine
            key={machine.from}
            plant={plant}
            facts={known}
            draft={machine}
            onChange={(part) => change(at, part)}
          />
        ) : null
      })}
    </div>
  )
}

interface MachineProps {
  plant: PlantFile
  facts: BundleFacts['machines'][number]
  draft: MachineDraft
  onChange: (part: Partial<MachineDraft>) => void
}

function Machine({ plant, facts, draft, onChange }: MachineProps) {
  const kind = tMaybe(`machine.family.${facts.family}`, facts.family)
  const isKnown = plant.assets.some(({ id }) => id === machineIdOf(draft))
  return (
    <fieldset className="bundle-machine">
      <legend>
        <label>
          <input
            type="checkbox"
            checked={draft.isTaken}
            onChange={(event) => onChange({ isTaken: event.target.checked })}
          />
          {t('bundle.machine', { id: facts.id, kind, model: facts.model ?? '', points: facts.points.length })}
        </label>
      </legend>
      {draft.isTaken && (
        <>
          <div className="form-grid">
            <Field label={t('bundle.siteName')}>
              {(ids) => (
                <input {...ids} value={draft.name} onChange={(event) => onChange({ name: event.target.value })} />
              )}
            </Field>
            <Field label={t('bundle.siteId')} hint={isKnown ? t('bundle.idKnown') : undefined}>
              {(ids) => (
                <input
                  {...ids}
                  spellCheck={false}
                  value={draft.id ?? machineIdOf(draft)}
                  onChange={(event) => onChange({ id: event.target.value })}
                />
              )}
            </Field>
            <SelectField
              label={t('bundle.siteLine')}
              value={draft.lineId}
              options={plant.lines}
              onChange={(id) => onChange({ lineId: id })}
            />
            <Field label={t('bundle.siteSerial')}>
              {(ids) => (
                <input {...ids} value={draft.serial} onChange={(event) => onChange({ serial: event.target.value })} />
              )}
            </Field>
          </div>
          <Field label={t('newMachine.nodePattern')} hint={t('newMachine.nodePatternHint')}>
            {(ids) => (
              <input
                {...ids}
                className="input bundle-code"
                spellCheck={false}
                value={draft.nodePattern}
                onChange={(event) => onChange({ nodePattern: event.target.value })}
              />
            )}
          </Field>
          <Points facts={facts} draft={draft} onChange={onChange} />
        </>
      )}
    </fieldset>
  )
}

function Points({ facts, draft, onChange }: Omit<MachineProps, 'plant'>) {
  const toggle = (point: string): void => {
    const without = new Set(draft.without)
    if (!without.delete(point)) without.add(point)
    onChange({ without })
  }
  return (
    <ul className="bundle-points">
      {facts.points.map(({ id, name }) => (
        <li key={id}>
          <label>
            <input type="checkbox" checked={!draft.without.has(id)} onChange={() => toggle(id)} />
            {name}
          </label>
          <input
            className="input bundle-code"
            spellCheck={false}
            aria-label={t('bundle.nodeOf', { name })}
            disabled={draft.without.has(id)}
            value={nodeIdOf(draft, id)}
            onChange={(event) => onChange({ nodes: { ...draft.nodes, [id]: event.target.value } })}
          />
        </li>
      ))}
    </ul>
  )
}
