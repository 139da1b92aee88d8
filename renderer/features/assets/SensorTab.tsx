import { useState } from 'react'
import type { PlantChange } from '../../../shared/domain/plant-change.ts'
import type { PlantFile, Point } from '../../../shared/domain/plant-file.ts'
import { replacedOf, sensorBreaks, sensorSwapChanges } from '../../../shared/domain/sensor.ts'
import { fieldOf } from '../../../shared/lib/entry-changes.ts'
import { idFrom } from '../../../shared/lib/names.ts'
import type { Raw } from '../../../shared/lib/json.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { Button, DayField, Field, formatTime, FormDialog, isDay, t } from '../../ui/index.ts'
import { Panel } from '../../ui/Page.tsx'
import { useEditing, type Editing } from './draft-store.ts'
import { withValue } from './drafts.ts'
import { EditBar } from './EditBar.tsx'
import { Made } from './Made.tsx'
import { SpecForm } from './SpecField.tsx'
import { sensorSpecs } from './specs.ts'

interface SensorTabProps {
  plant: PlantFile
  point: Point
  editing: Editing
}

/** The sensor at the point: which one it is, its calibration, and its swaps. */
export function SensorTab({ plant, point, editing }: SensorTabProps) {
  const [isAdding, setIsAdding] = useState(false)
  const sensors = plant.sensors ?? []
  const sensorId = fieldOf(editing.draft.now, 'sensorId')
  const sensor = sensors.find((one) => one['id'] === sensorId)
  return (
    <div className="stack">
      <Panel title={t('assets.sensor.which')}>
        <div className="assets-add">
          <Field label={t('assets.field.points.sensorId')} hint={t('assets.sensor.whichHint')}>
            {(ids) => (
              <select
                {...ids}
                value={typeof sensorId === 'string' ? sensorId : ''}
                onChange={(event) =>
                  editing.edit((draft) =>
                    withValue(draft, 'sensorId', event.target.value === '' ? undefined : event.target.value),
                  )
                }
              >
                <option value="">{t('assets.sensor.none')}</option>
                {sensors.map((one) => (
                  <option key={String(one['id'])} value={String(one['id'])}>
                    {nameOf(one)}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Button onClick={() => setIsAdding(true)}>{t('assets.sensor.add')}</Button>
        </div>
      </Panel>
      {sensor && <OneSensor key={String(sensor['id'])} plant={plant} sensor={sensor} point={point} />}
      {isAdding && <AddSensor plant={plant} point={point} onClose={() => setIsAdding(false)} />}
    </div>
  )
}

function nameOf(sensor: Raw): string {
  const said = ['manufacturer', 'model', 'serial'].flatMap((key) =>
    typeof sensor[key] === 'string' ? [sensor[key]] : [],
  )
  return [String(sensor['id']), ...said].join(' · ')
}

function OneSensor({ plant, sensor, point }: { plant: PlantFile; sensor: Raw; point: Point }) {
  const id = String(sensor['id'])
  const editing = useEditing('sensors', id, sensor)
  const zone = useTimeZone()
  const [isSwapping, setIsSwapping] = useState(false)
  const shared = plant.points.filter((other) => other.sensorId === id && other.id !== point.id)
  const swaps = sensorBreaks({ sensorId: id }, plant)
  return (
    <Panel
      title={t('assets.sensor.title', { id })}
      tools={<Button onClick={() => setIsSwapping(true)}>{t('assets.sensor.swap')}</Button>}
    >
      <div className="stack">
        <SpecForm specs={sensorSpecs} editing={editing} />
        {shared.length > 0 && (
          <p className="field-hint">
            {t('assets.sensor.shared', { points: shared.map(({ id: other }) => other).join(', ') })}
          </p>
        )}
        <div>
          <h3>{t('assets.sensor.swaps')}</h3>
          {swaps.length === 0 ? (
            <p className="muted">{t('assets.sensor.noSwaps')}</p>
          ) : (
            <ul>
              {swaps.map(({ tUs, serial }) => (
                <li key={tUs}>
                  {t('assets.sensor.swapped', {
                    time: formatTime(tUs, zone),
                    serial: serial ?? t('assets.sensor.noSerial'),
                  })}
                </li>
              ))}
            </ul>
          )}
        </div>
        <EditBar editing={editing} name={t('assets.sensor.title', { id })} />
      </div>
      {isSwapping && <Swap sensor={sensor} onClose={() => setIsSwapping(false)} />}
    </Panel>
  )
}

/** Another sensor at the same place: everything learnt of the old one ends there. */
function Swap({ sensor, onClose }: { sensor: Raw; onClose: () => void }) {
  const [serial, setSerial] = useState('')
  const [due, setDue] = useState('')
  const [changes, setChanges] = useState<PlantChange[] | null>(null)
  const name = t('assets.sensor.title', { id: String(sensor['id']) })
  const isReady = serial.trim() !== '' && (due === '' || isDay(due))
  const next = (): void => {
    const at = new Date().toISOString()
    setChanges(sensorSwapChanges(sensor, { at, serial: serial.trim(), calibrationDue: due === '' ? undefined : due }))
  }
  if (changes) return <Made changes={changes} name={name} onClose={onClose} />
  return (
    <FormDialog
      title={t('assets.sensor.swapTitle', { name })}
      submit={t('assets.review')}
      isReady={isReady}
      about={<p>{t('assets.sensor.swapWords', { since: replacedOf(sensor) ?? t('assets.sensor.firstDay') })}</p>}
      onSubmit={next}
      onClose={onClose}
    >
      <Field label={t('assets.sensor.newSerial')}>
        {(ids) => <input {...ids} autoFocus value={serial} onChange={(event) => setSerial(event.target.value)} />}
      </Field>
      <DayField label={t('assets.field.sensors.calibrationDue')} value={due} onChange={setDue} />
    </FormDialog>
  )
}

function AddSensor({ plant, point, onClose }: { plant: PlantFile; point: Point; onClose: () => void }) {
  const [id, setId] = useState(() => `${idFrom(point.id)}.sensor`)
  const [serial, setSerial] = useState('')
  const [changes, setChanges] = useState<PlantChange[] | null>(null)
  const isTaken = plant.sensors?.some((sensor) => sensor['id'] === id) ?? false
  const isReady = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(id) && !isTaken
  const next = (): void => {
    const after = { id, ...(serial.trim() === '' ? {} : { serial: serial.trim() }) }
    const before = point.sensorId
    setChanges([
      { kind: 'added', section: 'sensors', id, field: '', before: undefined, after },
      {
        kind: before === undefined ? 'added' : 'changed',
        section: 'points',
        id: point.id,
        field: 'sensorId',
        before,
        after: id,
      },
    ])
  }
  if (changes) return <Made changes={changes} name={t('assets.sensor.title', { id })} onClose={onClose} />
  return (
    <FormDialog
      title={t('assets.sensor.add')}
      submit={t('assets.review')}
      isReady={isReady}
      onSubmit={next}
      onClose={onClose}
    >
      <Field label={t('assets.sensor.id')} fault={isTaken ? t('assets.sensor.taken') : undefined}>
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
      <Field label={t('assets.field.sensors.serial')}>
        {(ids) => <input {...ids} value={serial} onChange={(event) => setSerial(event.target.value)} />}
      </Field>
    </FormDialog>
  )
}
