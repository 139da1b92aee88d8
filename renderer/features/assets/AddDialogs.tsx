import { useState, type ReactNode } from 'react'
import type { PlantChange } from '../../../shared/domain/plant-change.ts'
import { families, type PlantFile } from '../../../shared/domain/plant-file.ts'
import { idFrom } from '../../../shared/lib/names.ts'
import { navigate } from '../../stores/router.ts'
import { Field, FormDialog, SelectField, t, tMaybe } from '../../ui/index.ts'
import { Made } from './Made.tsx'

const idPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

interface AddProps {
  plant: PlantFile
  onClose: () => void
}

/** What all of them ask: a name, and an id that follows it until somebody types one. */
function useNamed(prefix: string, taken: ReadonlySet<string>) {
  const [name, setName] = useState('')
  const [ownId, setId] = useState<string | null>(null)
  const id = ownId ?? (name === '' ? '' : `${prefix}${idFrom(name)}`)
  const fault =
    id === '' ? undefined : taken.has(id) ? t('assets.idTaken') : idPattern.test(id) ? undefined : t('assets.badId')
  return { name, setName, id, setId, fault, isReady: name.trim() !== '' && id !== '' && fault === undefined }
}

interface FrameProps {
  title: string
  isReady: boolean
  named: ReturnType<typeof useNamed>
  onNext: () => void
  onClose: () => void
  children?: ReactNode
}

function AddFrame({ title, isReady, named, onNext, onClose, children }: FrameProps) {
  return (
    <FormDialog
      title={title}
      width={600}
      submit={t('assets.review')}
      isReady={isReady}
      onSubmit={onNext}
      onClose={onClose}
    >
      <Field label={t('assets.name')}>
        {(ids) => (
          <input {...ids} autoFocus value={named.name} onChange={(event) => named.setName(event.target.value)} />
        )}
      </Field>
      <Field label={t('assets.id')} hint={t('assets.idHint')} fault={named.fault}>
        {(ids) => (
          <input
            {...ids}
            className="mono"
            spellCheck={false}
            value={named.id}
            onChange={(event) => named.setId(event.target.value.trim())}
          />
        )}
      </Field>
      {children}
    </FormDialog>
  )
}

function added(section: string, entry: { id: string }): PlantChange {
  return { kind: 'added', section, id: entry.id, field: '', before: undefined, after: entry }
}

export function AddLine({ plant, onClose }: AddProps) {
  const named = useNamed('', new Set(plant.lines.map(({ id }) => id)))
  const [entry, setEntry] = useState<{ id: string; name: string } | null>(null)
  if (entry)
    return (
      <Made
        changes={[added('lines', entry)]}
        name={entry.name}
        onClose={onClose}
        onSaved={() => {
          onClose()
          navigate({ page: 'assets', of: `line:${entry.id}` })
        }}
      />
    )
  return (
    <AddFrame
      title={t('assets.addLine')}
      isReady={named.isReady}
      named={named}
      onNext={() => setEntry({ id: named.id, name: named.name.trim() })}
      onClose={onClose}
    />
  )
}

/** A machine without a template: a draft until its facts are known. */
export function AddMachine({ plant, lineId, onClose }: AddProps & { lineId: string }) {
  const retired = (plant.retired ?? []).map(({ id }) => id)
  const named = useNamed('', new Set([...plant.assets.map(({ id }) => id), ...retired]))
  const [family, setFamily] = useState<(typeof families)[number]>('other')
  const [entry, setEntry] = useState<{ id: string; name: string } | null>(null)
  const own = { lineId, family }
  if (entry)
    return (
      <Made
        changes={[added('assets', { ...entry, ...own })]}
        name={entry.name}
        onClose={onClose}
        onSaved={() => {
          onClose()
          navigate({ page: 'assets', of: `asset:${entry.id}` })
        }}
      />
    )
  return (
    <AddFrame
      title={t('assets.addMachine')}
      isReady={named.isReady}
      named={named}
      onNext={() => setEntry({ id: named.id, name: named.name.trim() })}
      onClose={onClose}
    >
      <Field label={t('assets.field.assets.family')} hint={t('assets.addMachineHint')}>
        {(ids) => (
          <select
            {...ids}
            value={family}
            onChange={(event) => setFamily(families.find((one) => one === event.target.value) ?? 'other')}
          >
            {families.map((one) => (
              <option key={one} value={one}>
                {tMaybe(`machine.family.${one}`, one)}
              </option>
            ))}
          </select>
        )}
      </Field>
    </AddFrame>
  )
}

/** A point without a contract: grey until somebody agrees one. */
export function AddPoint({
  plant,
  assetId,
  componentId,
  onClose,
}: AddProps & { assetId: string; componentId: string | null }) {
  const named = useNamed(`${assetId}.`, new Set(plant.points.map(({ id }) => id)))
  const [kind, setKind] = useState('scalar')
  const [serverId, setServerId] = useState(plant.servers[0]?.id ?? '')
  const [nodeId, setNodeId] = useState('')
  const [isMade, setIsMade] = useState(false)
  if (isMade) {
    const part = componentId === null ? {} : { componentId }
    const entry = {
      id: named.id,
      name: named.name.trim(),
      assetId,
      ...part,
      kind,
      source: { serverId, nodeId: nodeId.trim() },
    }
    return (
      <Made
        changes={[added('points', entry)]}
        name={entry.name}
        onClose={onClose}
        onSaved={() => {
          onClose()
          navigate({ page: 'assets', of: `point:${entry.id}` })
        }}
      />
    )
  }
  return (
    <AddFrame
      title={t('assets.addPoint')}
      isReady={named.isReady && serverId !== '' && nodeId.trim() !== ''}
      named={named}
      onNext={() => setIsMade(true)}
      onClose={onClose}
    >
      <Field label={t('assets.field.points.kind')}>
        {(ids) => (
          <select {...ids} value={kind} onChange={(event) => setKind(event.target.value)}>
            {['scalar', 'waveform', 'event'].map((one) => (
              <option key={one} value={one}>
                {tMaybe(`assets.option.points.kind.${one}`, one)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <SelectField
        label={t('assets.field.points.source.serverId')}
        value={serverId}
        options={plant.servers}
        onChange={(id) => setServerId(id)}
      />
      <div className="wide">
        <Field label={t('assets.field.points.source.nodeId')} hint={t('assets.hint.points.source.nodeId')}>
          {(ids) => (
            <input
              {...ids}
              className="mono"
              spellCheck={false}
              value={nodeId}
              onChange={(event) => setNodeId(event.target.value)}
            />
          )}
        </Field>
      </div>
    </AddFrame>
  )
}
