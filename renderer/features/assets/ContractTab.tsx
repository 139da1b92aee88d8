import { useState } from 'react'
import { quantities, type Point } from '../../../shared/domain/plant-file.ts'
import {
  convert,
  displayUnit,
  findUnit,
  unitsOf,
  unknownUnit,
  type Quantity,
  type Unit,
} from '../../../shared/domain/units.ts'
import { fieldOf, textAt, withField } from '../../../shared/lib/entry-changes.ts'
import { isRaw } from '../../../shared/lib/json.ts'
import { Button, Empty, formatNumber, t } from '../../ui/index.ts'
import { Panel } from '../../ui/Page.tsx'
import type { Editing } from './draft-store.ts'
import { withValue } from './drafts.ts'
import { SpecField, SpecForm } from './SpecField.tsx'
import { contractMeasured, contractPacking, contractPolicies, contractTiming } from './specs.ts'

/** Every field of the measurement contract, and what each policy does, in words. */
export function ContractTab({ point, editing }: { point: Point; editing: Editing }) {
  const contract = fieldOf(editing.draft.now, 'contract')
  const kind = textAt(editing.draft.now, 'kind', point.kind)
  if (!isRaw(contract)) return <NoContract kind={kind} editing={editing} />
  const version = contract['version']
  return (
    <div className="stack">
      <Panel
        title={t('assets.contract.measured')}
        tools={
          <span className="small muted">
            {typeof version === 'number' && t('assets.contract.version', { version, next: version + 1 })}
          </span>
        }
      >
        <UnitFields editing={editing} />
        <SpecForm specs={contractMeasured} editing={editing} />
      </Panel>
      <Panel title={t('assets.contract.timing')}>
        <SpecForm specs={contractTiming(kind)} editing={editing} />
        <Cadence editing={editing} kind={kind} />
        {kind !== 'waveform' && <Deadband editing={editing} />}
      </Panel>
      <Panel title={t('assets.contract.policies')}>
        <SpecForm specs={contractPolicies} editing={editing} />
        <p className="field-hint">{t('assets.contract.fixedPolicies')}</p>
      </Panel>
      {kind === 'waveform' && <Packing editing={editing} />}
      <div className="form-actions">
        <Button onClick={() => editing.edit((draft) => withValue(draft, 'contract', undefined))}>
          {t('assets.contract.remove')}
        </Button>
        <span className="small muted">{t('assets.contract.removeHint')}</span>
      </div>
    </div>
  )
}

/** What nobody has agreed on yet is grey: it is not acquired, never alarms and never leaves. */
function NoContract({ kind, editing }: { kind: string; editing: Editing }) {
  const begin = (): void =>
    editing.edit((draft) => withValue(draft, 'contract', kind === 'waveform' ? firstWaveform : firstScalar))
  return (
    <Empty title={t('assets.contract.none')} next={t('assets.contract.noneNext')}>
      {kind !== 'event' && <Button onClick={begin}>{t('assets.contract.begin')}</Button>}
    </Empty>
  )
}

const firstPolicy = { late: 'accept', lateToleranceMs: 5000, duplicate: 'drop', outOfOrder: 'reorder' }
/** The unit is not guessed: it is unknown until somebody says it. */
const first = { version: 1, quantity: 'other', unit: unknownUnit, detector: 'raw', timestampSource: 'source' }
const firstScalar = {
  ...first,
  sampleRateHz: 1,
  expectedRange: [0, 100],
  updateCadenceMs: 1000,
  policy: { missingAfterMs: 5000, ...firstPolicy },
}
const firstWaveform = {
  ...first,
  quantity: 'acceleration',
  sampleRateHz: 12_000,
  blockSize: 4096,
  expectedRange: [-50, 50],
  updateCadenceMs: 341,
  policy: { missingAfterMs: 2000, ...firstPolicy },
}

function quantityOf(editing: Editing): Quantity {
  const value = fieldOf(editing.draft.now, 'contract.quantity')
  return quantities.find((quantity) => quantity === value) ?? 'other'
}

function rangeOf(editing: Editing): [number, number] | null {
  const value = fieldOf(editing.draft.now, 'contract.expectedRange')
  const [low, high]: unknown[] = Array.isArray(value) ? (value as unknown[]) : []
  return typeof low === 'number' && typeof high === 'number' ? [low, high] : null
}

/** Quantity, unit and range belong together: another unit offers to convert the range, and says what it is in the others. */
function UnitFields({ editing }: { editing: Editing }) {
  const quantity = quantityOf(editing)
  const symbol = textAt(editing.draft.now, 'contract.unit')
  const unit = findUnit(quantity, symbol)
  const range = rangeOf(editing)
  const units = [...unitsOf(quantity).map((one) => one.symbol), unknownUnit]
  // The unit the range was written in: kept when the unit changes, until the range is converted or typed anew.
  const [written, setWritten] = useState<{ unit: string; range: string }>({
    unit: symbol,
    range: JSON.stringify(range),
  })
  if (written.range !== JSON.stringify(range)) setWritten({ unit: symbol, range: JSON.stringify(range) })
  return (
    <div className="stack contract-units">
      <div className="form-grid">
        <SpecField
          editing={editing}
          spec={{ field: 'contract.quantity', type: 'choice', isRequired: true, values: quantities }}
        />
        <SpecField
          editing={editing}
          spec={{
            field: 'contract.unit',
            type: 'choice',
            isRequired: true,
            options: units.map((value) => ({ value, label: unitName(value) })),
          }}
        />
        <SpecField
          editing={editing}
          spec={{
            field: 'contract.expectedRange',
            type: 'pair',
            isRequired: true,
            unit: symbol === unknownUnit ? '' : displayUnit(symbol),
          }}
          hint={range && unit ? otherUnits(range, unit) : undefined}
        />
      </div>
      {symbol === unknownUnit && (
        <p className="assets-notice" role="status">
          {t('assets.contract.unknownUnit')}
        </p>
      )}
      {range && unit && written.unit !== symbol && (
        <Conversion editing={editing} from={findUnit(quantity, written.unit)} to={unit} range={range} />
      )}
    </div>
  )
}

function unitName(symbol: string): string {
  if (symbol === unknownUnit) return t('assets.contract.unknown')
  const shown = displayUnit(symbol)
  return shown === '' ? t('assets.contract.noUnit') : shown
}

/** Those that people think in; the others of the table would only stand in the way. */
const usual = new Set('g m/s2 mm/s in/s um mil rpm Hz degC degF bar psi m3/h gal/min kW hp Nm lbf.ft kN'.split(' '))

/** The range in the other units of the quantity: a slip of a factor of ten is seen at once. */
function otherUnits([low, high]: [number, number], unit: Unit): string | undefined {
  const others = unitsOf(unit.quantity).filter(
    (other) =>
      usual.has(other.symbol) &&
      other.symbol !== unit.symbol &&
      other.si === unit.si &&
      isReadable(convert(high, unit, other)),
  )
  const shown = others
    .slice(0, 3)
    .map(
      (to) =>
        `${said(convert(low, unit, to))} ${t('assets.to')} ${said(convert(high, unit, to))} ${displayUnit(to.symbol)}`,
    )
  return shown.length === 0 ? undefined : t('assets.contract.thatIs', { ranges: shown.join(' · ') })
}

/** Nobody checks a range against 490333 mm/s². */
function isReadable(value: number): boolean {
  return value === 0 || (Math.abs(value) >= 0.01 && Math.abs(value) < 1e5)
}

function said(value: number): string {
  return formatNumber(value, 4)
}

function rounded(value: number): number {
  return Number(value.toPrecision(7))
}

interface ConversionProps {
  editing: Editing
  from: Unit | undefined
  to: Unit
  range: [number, number]
}

function Conversion({ editing, from, to, range: [low, high] }: ConversionProps) {
  if (!from || from.si !== to.si)
    return (
      <p className="assets-notice" role="status">
        {t('assets.contract.noConversion', { unit: displayUnit(to.symbol) })}
      </p>
    )
  const after: [number, number] = [rounded(convert(low, from, to)), rounded(convert(high, from, to))]
  const deadband = fieldOf(editing.draft.now, 'contract.deadband')
  const run = (): void =>
    editing.edit((draft) => {
      const next = withValue(draft, 'contract.expectedRange', after)
      const texts = Object.fromEntries(
        Object.entries(next.texts).filter(([key]) => !key.startsWith('contract.expectedRange')),
      )
      if (!isRaw(deadband) || deadband['kind'] !== 'absolute' || typeof deadband['value'] !== 'number')
        return { ...next, texts }
      // A difference has no zero point: only the factor counts.
      const value = rounded((deadband['value'] * from.factor) / to.factor)
      return { ...next, texts, now: withField(next.now, 'contract.deadband.value', value) }
    })
  return (
    <div className="assets-notice" role="status">
      <p>{t('assets.contract.unitChanged', { from: displayUnit(from.symbol), to: displayUnit(to.symbol) })}</p>
      <Button onClick={run}>
        {t('assets.contract.convert', {
          before: `${low} ${t('assets.to')} ${high} ${displayUnit(from.symbol)}`,
          after: `${after[0]} ${t('assets.to')} ${after[1]} ${displayUnit(to.symbol)}`,
        })}
      </Button>
    </div>
  )
}

/** What rate and block size imply, beside what is written. */
function Cadence({ editing, kind }: { editing: Editing; kind: string }) {
  const [rate, block, cadence] = ['sampleRateHz', 'blockSize', 'updateCadenceMs'].map((key) =>
    fieldOf(editing.draft.now, `contract.${key}`),
  )
  if (kind !== 'waveform' || typeof rate !== 'number' || typeof block !== 'number' || rate <= 0) return null
  const impliedMs = rounded((block * 1000) / rate)
  if (typeof cadence === 'number' && Math.abs(cadence - impliedMs) <= 0.05 * impliedMs)
    return <p className="field-hint">{t('assets.contract.blockLasts', { ms: formatNumber(impliedMs, 4) })}</p>
  const wholeMs = Math.round(impliedMs)
  return (
    <p className="form-actions">
      <span className="field-hint">{t('assets.contract.blockLasts', { ms: formatNumber(impliedMs, 4) })}</span>
      <Button
        onClick={() =>
          editing.edit((draft) => ({
            ...withValue(draft, 'contract.updateCadenceMs', wholeMs),
            texts: Object.fromEntries(
              Object.entries(draft.texts).filter(([key]) => key !== 'contract.updateCadenceMs'),
            ),
          }))
        }
      >
        {t('assets.contract.takeCadence', { ms: wholeMs })}
      </Button>
    </p>
  )
}

function Deadband({ editing }: { editing: Editing }) {
  const kind = fieldOf(editing.draft.now, 'contract.deadband.kind')
  const symbol = textAt(editing.draft.now, 'contract.unit')
  const unit = kind === 'percent' ? '%' : symbol === unknownUnit ? '' : displayUnit(symbol)
  return (
    <div className="form-grid">
      <SpecField
        editing={editing}
        spec={{ field: 'contract.deadband.kind', type: 'choice', values: ['absolute', 'percent'] }}
      />
      {typeof kind === 'string' && (
        <SpecField
          editing={editing}
          spec={{ field: 'contract.deadband.value', type: 'number', isRequired: true, unit }}
        />
      )}
    </div>
  )
}

function Packing({ editing }: { editing: Editing }) {
  return (
    <details className="panel assets-details" open={isRaw(fieldOf(editing.draft.now, 'contract.packing'))}>
      <summary>{t('assets.contract.packing')}</summary>
      <div className="panel-body stack">
        <p className="field-hint">{t('assets.contract.packingHint')}</p>
        <SpecForm specs={contractPacking} editing={editing} />
      </div>
    </details>
  )
}
