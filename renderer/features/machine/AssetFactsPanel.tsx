import type { Asset } from '../../../shared/domain/plant-file.ts'
import { navigate } from '../../stores/router.ts'
import { Button, t, tMaybe } from '../../ui/index.ts'
import { Facts, Panel, type Fact } from '../../ui/Page.tsx'

interface AssetFactsPanelProps {
  asset: Asset
  lineName: string
  plantName: string
  missing: readonly string[]
}

/** The eight facts of an asset; a record without any of them is a draft and says which. */
export function AssetFactsPanel({ asset, lineName, plantName, missing }: AssetFactsPanelProps) {
  const or = (name: string, value: string | undefined): Fact => ({
    label: tMaybe(`machine.fact.${name}`, name),
    value: value ?? <span className="hatched">{t('machine.factMissing')}</span>,
  })
  const facts: Fact[] = [
    or('id', asset.id),
    or('plant', plantName),
    or('line', lineName),
    or('manufacturer', asset.manufacturer),
    or('model', asset.model),
    or('commissionedOn', asset.commissionedOn),
    or(
      'criticality',
      asset.criticality === undefined ? undefined : t('machine.criticality', { value: asset.criticality }),
    ),
    or(
      'failureModes',
      asset.failureModes === undefined || asset.failureModes.length === 0 ? undefined : asset.failureModes.join(', '),
    ),
    ...(asset.serial === undefined ? [] : [or('serial', asset.serial)]),
    ...(asset.ratedRpm === undefined ? [] : [or('ratedRpm', t('machine.speed', { rpm: asset.ratedRpm }))]),
    ...(asset.powerKw === undefined ? [] : [or('powerKw', t('machine.power', { kw: asset.powerKw }))]),
  ]
  return (
    <Panel title={t('machine.facts')} tools={missing.length > 0 && <span className="small">{t('machine.draft')}</span>}>
      {missing.length > 0 && (
        <div className="small machine-draft">
          <p>
            {t('machine.draftMissing', {
              facts: missing.map((name) => tMaybe(`machine.fact.${name}`, name).toLowerCase()).join(', '),
            })}
          </p>
          <Button onClick={() => navigate({ page: 'assets', of: `asset:${asset.id}` })}>{t('machine.fillIn')}</Button>
        </div>
      )}
      <Facts facts={facts} />
      <Components asset={asset} />
    </Panel>
  )
}

function Components({ asset }: { asset: Asset }) {
  const components = asset.components ?? []
  if (components.length === 0) return null
  return (
    <>
      <h3 className="machine-components">{t('machine.components')}</h3>
      <Facts
        facts={components.map((component) => ({
          label: component.name ?? component.id,
          value: [
            tMaybe(`machine.component.${component.kind}`, component.kind),
            component.bearing,
            component.teeth === undefined ? undefined : t('machine.teeth', { count: component.teeth }),
            component.blades === undefined ? undefined : t('machine.blades', { count: component.blades }),
            component.bars === undefined ? undefined : t('machine.bars', { count: component.bars }),
          ]
            .filter((text) => text !== undefined)
            .join(' · '),
        }))}
      />
    </>
  )
}
