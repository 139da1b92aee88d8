import { useState } from 'react'
import { importBytes, type ImportLook } from '../../../shared/protocol/plots.ts'
import { bridge } from '../../bridge/bridge.ts'
import { failureOf } from '../../stores/topic.ts'
import { toast } from '../../stores/toasts.ts'
import { Button, Dialog, Field, formatDuration, t, zoneName } from '../../ui/index.ts'

interface ImportDialogProps {
  pointId: string
  title: string
  onClose: () => void
  onDone: (captureId: string) => void
}

interface Chosen {
  name: string
  bytes: Uint8Array
  look: ImportLook
}

const empty = { column: '', rate: '', unit: '', start: '', rpm: '', reason: '' }
type Facts = typeof empty

const numberOr = (text: string): number | null => {
  const value = Number(text.trim().replace(',', '.'))
  return text.trim() === '' || !Number.isFinite(value) ? null : value
}

function askOf(pointId: string, name: string, bytes: Uint8Array, facts: Facts) {
  const startMs = facts.start === '' ? Number.NaN : Date.parse(facts.start)
  return {
    pointId,
    name,
    bytes,
    column: facts.column.trim() === '' ? null : facts.column.trim(),
    sampleRateHz: numberOr(facts.rate),
    unit: facts.unit.trim() === '' ? null : facts.unit.trim(),
    startUs: Number.isNaN(startMs) ? null : startMs * 1000,
    rpm: numberOr(facts.rpm),
  }
}

/** `2026-11-22T22:05:23` in this workstation's zone, as the field of date and time has it. */
function localTime(ms: number): string {
  const date = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000)
  return date.toISOString().slice(0, 19)
}

/** Name of this workstation's zone at a moment of that field: summer or winter time. */
function zoneAt(start: string): string {
  const ms = Date.parse(start)
  return zoneName(Number.isNaN(ms) ? 0 : ms * 1000, new Intl.DateTimeFormat().resolvedOptions().timeZone)
}

/** A recording from a file: what it says of itself is shown before anything is stored, what it lacks is asked for. */
export function ImportDialog({ pointId, title, onClose, onDone }: ImportDialogProps) {
  const [chosen, setChosen] = useState<Chosen | null>(null)
  const [facts, setFacts] = useState(empty)
  const [fault, setFault] = useState<string | undefined>(undefined)
  const [busy, setBusy] = useState(false)

  const look = async (name: string, bytes: Uint8Array, told: Facts): Promise<void> => {
    setBusy(true)
    try {
      const seen = await bridge.call('capture.look', askOf(pointId, name, bytes, told))
      setChosen({ name, bytes, look: seen })
      setFault(undefined)
    } catch (error) {
      setChosen(null)
      setFault(failureOf(error).message)
    } finally {
      setBusy(false)
    }
  }
  const choose = async (file: File | undefined): Promise<void> => {
    if (!file) return
    if (file.size > importBytes) {
      setFault(t('desk.importBig'))
      return
    }
    const bytes = new Uint8Array(await file.arrayBuffer())
    const told = { ...facts, start: facts.start === '' ? '' : facts.start }
    await look(file.name, bytes, told)
    // A file that does not say when is most likely as old as its date says; the person sees and may change it.
    setFacts((now) => (now.start === '' ? { ...now, start: localTime(file.lastModified) } : now))
  }
  const store = async (): Promise<void> => {
    if (!chosen) return
    setBusy(true)
    try {
      const asked = askOf(pointId, chosen.name, chosen.bytes, startTold(facts, chosen.look))
      const { captureId } = await bridge.call('capture.import', { ...asked, reason: facts.reason.trim() })
      toast('done', t('desk.importDone'))
      onDone(captureId)
    } catch (error) {
      setFault(failureOf(error).message)
      setBusy(false)
    }
  }
  return (
    <Dialog
      title={t('desk.importTitle', { point: title })}
      onClose={onClose}
      width={560}
      actions={
        <>
          <Button onClick={onClose}>{t('desk.cancel')}</Button>
          <Button kind="primary" busy={busy} disabled={!chosen} onClick={() => void store()}>
            {t('desk.importSave')}
          </Button>
        </>
      }
    >
      <Field label={t('desk.importFile')} fault={fault}>
        {(ids) => (
          <input
            {...ids}
            type="file"
            accept=".csv,.wav,.uff,.unv,.u58,.npy"
            onChange={(event) => void choose(event.target.files?.[0])}
          />
        )}
      </Field>
      <ImportFacts facts={facts} onFacts={setFacts} seen={chosen?.look ?? null} />
    </Dialog>
  )
}

interface ImportFactsProps {
  facts: Facts
  onFacts: (facts: Facts) => void
  seen: ImportLook | null
}

/** What the file holds, and what the person knows better. */
function ImportFacts({ facts, onFacts, seen }: ImportFactsProps) {
  const rateHz = numberOr(facts.rate) ?? seen?.sampleRateHz ?? null
  const zone = zoneAt(facts.start)
  /** Said beside the field as soon as the file is read, and gone when something stands there. */
  const missing = (name: 'rate' | 'unit' | 'start', said: unknown): string | undefined =>
    seen && said === null && facts[name].trim() === '' ? t('desk.importNotSaid') : undefined
  const field = (
    name: keyof Facts,
    label: string,
    more: { hint?: string; placeholder?: string; fault?: string | undefined } = {},
  ) => (
    <Field label={label} hint={more.hint} fault={more.fault}>
      {(ids) => (
        <input
          {...ids}
          type={name === 'start' ? 'datetime-local' : 'text'}
          {...(name === 'start' ? { step: 1 } : {})}
          placeholder={more.placeholder}
          value={facts[name]}
          onChange={(event) => onFacts({ ...facts, [name]: event.target.value })}
        />
      )}
    </Field>
  )
  return (
    <>
      {seen && (
        <p>
          {t('desk.importSamples', {
            count: seen.samples.toLocaleString('en'),
            length: rateHz === null ? t('desk.importLengthUnknown') : formatDuration(seen.samples / rateHz),
          })}
          {seen.invalid > 0 && ` ${t('desk.importInvalid', { count: seen.invalid })}`}
        </p>
      )}
      <div className="import-facts">
        {field('rate', t('desk.importRate'), {
          ...(seen?.sampleRateHz == null ? {} : { placeholder: String(seen.sampleRateHz) }),
          fault: missing('rate', seen?.sampleRateHz),
        })}
        {field('unit', t('desk.importUnit'), {
          ...(seen?.unit == null ? {} : { placeholder: seen.unit }),
          fault: missing('unit', seen?.unit),
        })}
        {field('start', t('desk.importStart', { zone }), { fault: missing('start', seen?.startUs) })}
        {field('rpm', t('desk.importRpm'), {
          hint: t('desk.importRpmHint'),
          ...(seen?.rpm == null ? {} : { placeholder: String(seen.rpm) }),
        })}
        {field('column', t('desk.importColumn'), { hint: t('desk.importColumnHint') })}
        {field('reason', t('desk.importReason'))}
      </div>
    </>
  )
}

/** The file's own time wins over the date of the file, unless the person changed what stands there. */
function startTold(facts: Facts, look: ImportLook): Facts {
  return look.startUs === null ? facts : { ...facts, start: '' }
}
