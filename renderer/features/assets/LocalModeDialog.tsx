import { useState } from 'react'
import { causes, commonModes, mechanisms, observedModes, type Term } from '../../../shared/domain/failure-modes.ts'
import { bridge } from '../../bridge/bridge.ts'
import { failureOf } from '../../stores/topic.ts'
import { remember } from '../../stores/undo.ts'
import { Field, FormDialog, SelectField, t } from '../../ui/index.ts'

interface LocalModeDialogProps {
  taken: ReadonlySet<string>
  onClose: () => void
  onSaved: (id: string) => void
}

const idPattern = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/

/** A failure mode of the plant's own: its local code, mapped to the common one; mode, mechanism and cause apart. */
export function LocalModeDialog({ taken, onClose, onSaved }: LocalModeDialogProps) {
  const [id, setId] = useState('')
  const [name, setName] = useState('')
  const [common, setCommon] = useState('')
  const [codes, setCodes] = useState({ mode: '', mechanism: '', cause: '' })
  const [isBusy, setIsBusy] = useState(false)
  const [refusal, setRefusal] = useState<string | null>(null)
  const fault =
    id === ''
      ? undefined
      : taken.has(id)
        ? t('assets.modes.taken')
        : idPattern.test(id)
          ? undefined
          : t('assets.modes.badId')
  const isReady = id !== '' && fault === undefined && name.trim() !== '' && common !== '' && codes.mode !== ''

  const chooseCommon = (code: string): void => {
    setCommon(code)
    const found = commonModes.find((mode) => mode.code === code)
    // The usual ones of the common code, to be put right where this plant knows better.
    if (found) setCodes({ mode: found.mode, mechanism: found.mechanism, cause: found.cause })
  }
  const save = async (): Promise<void> => {
    setIsBusy(true)
    const said = Object.fromEntries(Object.entries(codes).filter(([, code]) => code !== ''))
    const after = { id, name: name.trim(), common, ...said }
    const what = t('assets.modes.what', { name: after.name })
    try {
      const { faults, changes } = await bridge.call('config.change', {
        changes: [{ kind: 'added', section: 'failureModes', id, field: '', before: undefined, after }],
        reason: what,
      })
      const [first] = faults
      if (!first) {
        remember(what, changes)
        return onSaved(id)
      }
      setRefusal(`${first.message} ${first.remedy}`)
    } catch (error) {
      setRefusal(failureOf(error).message)
    }
    setIsBusy(false)
  }
  return (
    <FormDialog
      title={t('assets.modes.newLocal')}
      width={640}
      submit={t('assets.modes.saveLocal')}
      isReady={isReady}
      isBusy={isBusy}
      below={
        refusal !== null && (
          <p className="field-fault" role="alert">
            {refusal}
          </p>
        )
      }
      onSubmit={() => void save()}
      onClose={onClose}
    >
      <Field label={t('assets.modes.localCode')} hint={t('assets.modes.localCodeHint')} fault={fault}>
        {(ids) => (
          <input
            {...ids}
            autoFocus
            className="mono"
            value={id}
            onChange={(event) => setId(event.target.value.trim())}
          />
        )}
      </Field>
      <Field label={t('assets.modes.localName')}>
        {(ids) => <input {...ids} value={name} onChange={(event) => setName(event.target.value)} />}
      </Field>
      <Codes common={common} codes={codes} onCommon={chooseCommon} onCodes={setCodes} />
    </FormDialog>
  )
}

interface OwnCodes {
  mode: string
  mechanism: string
  cause: string
}

interface CodesProps {
  common: string
  codes: OwnCodes
  onCommon: (code: string) => void
  onCodes: (codes: OwnCodes) => void
}

/** Mode, mechanism and cause stand apart: what one sees, what goes on, what began it. */
function Codes({ common, codes, onCommon, onCodes }: CodesProps) {
  return (
    <>
      <Select
        label={t('assets.modes.col.common')}
        hint={t('assets.modes.commonHint')}
        terms={commonModes}
        value={common}
        onChange={onCommon}
      />
      <Select
        label={t('assets.modes.col.mode')}
        hint={t('assets.modes.modeHint')}
        terms={observedModes}
        value={codes.mode}
        onChange={(mode) => onCodes({ ...codes, mode })}
      />
      <Select
        label={t('assets.modes.col.mechanism')}
        hint={t('assets.modes.mechanismHint')}
        terms={mechanisms}
        value={codes.mechanism}
        onChange={(mechanism) => onCodes({ ...codes, mechanism })}
      />
      <Select
        label={t('assets.modes.col.cause')}
        hint={t('assets.modes.causeHint')}
        terms={causes}
        value={codes.cause}
        onChange={(cause) => onCodes({ ...codes, cause })}
      />
    </>
  )
}

interface SelectProps {
  label: string
  hint: string
  terms: readonly Term[]
  value: string
  onChange: (code: string) => void
}

function Select({ label, hint, terms, value, onChange }: SelectProps) {
  const options = terms.map(({ code, name }) => ({ id: code, name: t('assets.modes.option', { name, code }) }))
  return (
    <SelectField
      label={label}
      hint={hint}
      value={value}
      none={t('assets.notSaid')}
      options={options}
      onChange={onChange}
    />
  )
}
