import { useState } from 'react'
import {
  causes,
  commonModes,
  failureModesOf,
  mechanisms,
  observedModes,
  resolveMode,
  type Term,
} from '../../../shared/domain/failure-modes.ts'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import { fieldOf, textAt } from '../../../shared/lib/entry-changes.ts'
import { Button, Field, t } from '../../ui/index.ts'
import type { Editing } from './draft-store.ts'
import { withValue } from './drafts.ts'
import { LocalModeDialog } from './LocalModeDialog.tsx'

/** How this machine can fail: the observed mode, the mechanism and the cause apart, each by the codes of ISO 14224. */
export function ModesTab({ plant, editing }: { plant: PlantFile; editing: Editing }) {
  const [isAdding, setIsAdding] = useState(false)
  const own = failureModesOf(plant)
  const value = fieldOf(editing.draft.now, 'failureModes')
  const codes = Array.isArray(value) ? value.filter((code) => typeof code === 'string') : []
  const set = (next: readonly string[]): void =>
    editing.edit((draft) => withValue(draft, 'failureModes', next.length === 0 ? undefined : next))
  const family = textAt(editing.draft.now, 'family', 'other')
  return (
    <div className="stack">
      {codes.length === 0 ? (
        <p className="assets-notice">{t('assets.modes.none')}</p>
      ) : (
        <div className="table-scroll">
          <table className="data-table">
            <thead>
              <tr>
                <th scope="col">{t('assets.modes.col.code')}</th>
                <th scope="col">{t('assets.modes.col.name')}</th>
                <th scope="col">{t('assets.modes.col.mode')}</th>
                <th scope="col">{t('assets.modes.col.mechanism')}</th>
                <th scope="col">{t('assets.modes.col.cause')}</th>
                <th scope="col">{t('assets.modes.col.common')}</th>
                <th scope="col">
                  <span className="visually-hidden">{t('assets.modes.remove')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {codes.map((code) => {
                const mode = resolveMode(code, own)
                return (
                  <tr key={code} className={mode.mode === null ? 'hatched' : ''}>
                    <th scope="row" className="mono">
                      {code}
                    </th>
                    <td>{mode.mode === null ? t('assets.modes.unmapped') : mode.name}</td>
                    <td>{termOf(observedModes, mode.mode)}</td>
                    <td>{termOf(mechanisms, mode.mechanism)}</td>
                    <td>{termOf(causes, mode.cause)}</td>
                    <td className="mono">{mode.common?.code ?? t('assets.nothing')}</td>
                    <td className="actions">
                      <Button
                        aria-label={t('assets.modes.removeOne', { name: mode.name })}
                        onClick={() => set(codes.filter((other) => other !== code))}
                      >
                        {t('assets.modes.remove')}
                      </Button>
                    </td>
                  </tr>
                )
              })}
            </tbody>
          </table>
        </div>
      )}
      <AddMode
        codes={codes}
        own={own.map(({ id, name }) => ({ code: id, name: name ?? id }))}
        family={family}
        onAdd={(code) => set([...codes, code])}
        onNew={() => setIsAdding(true)}
      />
      {isAdding && (
        <LocalModeDialog
          taken={new Set(own.map(({ id }) => id))}
          onClose={() => setIsAdding(false)}
          onSaved={(id) => {
            setIsAdding(false)
            set([...codes, id])
          }}
        />
      )}
    </div>
  )
}

function termOf(terms: readonly Term[], code: string | null): string {
  const term = terms.find((one) => one.code === code)
  return term === undefined ? t('assets.nothing') : `${term.code} ${term.name}`
}

interface AddModeProps {
  codes: readonly string[]
  own: readonly Term[]
  family: string
  onAdd: (code: string) => void
  onNew: () => void
}

/** From the lists only: words typed freely could never be counted. */
function AddMode({ codes, own, family, onAdd, onNew }: AddModeProps) {
  const [code, setCode] = useState('')
  const open = commonModes.filter((mode) => !codes.includes(mode.code))
  const usual = open.filter(({ families }) => families.length === 0 || families.some((one) => one === family))
  const others = open.filter((mode) => !usual.includes(mode))
  const options = (list: readonly Term[]) =>
    list.map((mode) => (
      <option key={mode.code} value={mode.code}>
        {t('assets.modes.option', { name: mode.name, code: mode.code })}
      </option>
    ))
  const local = own.filter((mode) => !codes.includes(mode.code))
  return (
    <div className="assets-add">
      <Field label={t('assets.modes.add')} hint={t('assets.modes.addHint')}>
        {(ids) => (
          <select {...ids} value={code} onChange={(event) => setCode(event.target.value)}>
            <option value="">{t('assets.modes.choose')}</option>
            {local.length > 0 && <optgroup label={t('assets.modes.own')}>{options(local)}</optgroup>}
            <optgroup label={t('assets.modes.usual')}>{options(usual)}</optgroup>
            <optgroup label={t('assets.modes.others')}>{options(others)}</optgroup>
          </select>
        )}
      </Field>
      <Button
        disabled={code === ''}
        onClick={() => {
          onAdd(code)
          setCode('')
        }}
      >
        {t('assets.modes.addOne')}
      </Button>
      <Button onClick={onNew}>{t('assets.modes.newLocal')}</Button>
    </div>
  )
}
