import { expect, test } from 'vitest'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import type { Template } from '../../../shared/domain/template.ts'
import { applyChanges } from '../edit/apply-changes.ts'
import { checkPlantFile } from '../index.ts'
import { instantiate } from './instantiate.ts'
import { proposeTemplate } from './propose.ts'
import { shippedTemplates } from './shipped.ts'

const folder = new URL('../../../resources/templates', import.meta.url).pathname
const template = shippedTemplates(folder).find(({ family }) => family === 'motor')
if (!template) throw new Error('There is no template for a motor.')

const facts = { ratedRpm: 1482, powerKw: 11, ratedCurrentA: 21 }
const nodes = Object.fromEntries(['de.radial', 'speed', 'current'].map((id) => [id, `nsu=urn:plant;s=m.${id}`]))

function plantOf(ids: readonly string[]): PlantFile {
  const machines = ids.map((assetId) =>
    instantiate(template as Template, {
      assetId,
      name: `Motor ${assetId}`,
      lineId: 'line-1',
      serverId: 'opc-1',
      identity: { manufacturer: 'ABB' },
      facts,
      components: { 'de-bearing': { bearing: '6308' } },
      nodes,
    }),
  )
  return {
    schema: 'millwright/plant@1',
    plant: { id: 'p', name: 'P', timeZone: 'UTC' },
    lines: [{ id: 'line-1', name: 'Line 1' }],
    servers: [
      {
        id: 'opc-1',
        endpointUrl: 'opc.tcp://127.0.0.1:4840',
        security: { mode: 'None', policy: 'None', reason: 'test' },
        user: { type: 'anonymous' },
      },
    ],
    assets: machines.map(({ asset }) => asset),
    points: machines.flatMap(({ points }) => points),
    alerts: machines.flatMap(({ alerts }) => alerts),
    sync: [],
    templates: [{ ...(template as Template) }],
  }
}

/** Version 2: another scaling of a range, one alert tighter. */
function newer(): Template {
  const next = structuredClone(template as Template)
  next.version = 2
  const alert = next.alerts.find(({ id }) => id === 'de.radial.bpfo-high')
  const current = next.points.find(({ id }) => id === 'current')
  if (!alert || !current) throw new Error('The motor has neither.')
  alert.alert['limits'] = { warning: 16, alarm: 22 }
  const contract = current.point['contract'] as Record<string, unknown>
  current.point['contract'] = { ...contract, expectedRange: [0, { $of: 'ratedCurrentA', $times: 6 }] }
  return next
}

test('a newer template proposes what it changes, and names what the site changed itself', () => {
  const plant = plantOf(['m-1', 'm-2'])
  const own = plant.alerts.find(({ id }) => id === 'm-2.de.radial.bpfo-high')
  if (!own) throw new Error('The alert is not there.')
  own.limits = { warning: 17, alarm: 24 }
  const [first, second] = proposeTemplate(plant, newer())
  expect(first?.applies.map(({ id, field, before, after }) => [id, field, before, after])).toEqual([
    ['m-1.current', 'contract.expectedRange', [0, 63], [0, 126]],
    ['m-1.de.radial.bpfo-high', 'limits.warning', 18, 16],
    ['m-1.de.radial.bpfo-high', 'limits.alarm', 24, 22],
  ])
  expect(first?.conflicts).toEqual([])
  expect(second?.applies.map(({ id, field }) => `${id} ${field}`)).toEqual([
    'm-2.current contract.expectedRange',
    'm-2.de.radial.bpfo-high limits.alarm',
  ])
  expect(second?.conflicts.map(({ field, before, after }) => [field, before, after])).toEqual([
    ['limits.warning', 17, 16],
  ])
})

test('taken over, they leave a plant without faults to which nothing more is proposed', () => {
  const plant = plantOf(['m-1'])
  const next = newer()
  const changes = proposeTemplate(plant, next).flatMap(({ applies }) => applies)
  const text = applyChanges(JSON.stringify(plant, null, 2), changes)
  const { plant: after, faults } = checkPlantFile(text)
  expect(faults).toEqual([])
  expect(after && proposeTemplate(after, next).flatMap(({ applies, conflicts }) => [...applies, ...conflicts])).toEqual(
    [],
  )
})

test('the version a machine was made by, or an older one, proposes nothing', () => {
  const plant = plantOf(['m-1'])
  expect(proposeTemplate(plant, template)).toEqual([])
})

test('what the new version asks for is said before anything is proposed', () => {
  const next = newer()
  next.facts.push({ id: 'slots', name: 'stator slots', unit: '1', range: [6, 120] })
  const [proposal] = proposeTemplate(plantOf(['m-1']), next)
  expect(proposal?.needs.map(({ message }) => message)).toEqual(['Say the stator slots in 1.'])
  expect(proposal?.applies).toEqual([])
})
