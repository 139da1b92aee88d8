import { describe, expect, test } from 'vitest'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import type { Template, TemplateSite } from '../../../shared/domain/template.ts'
import { checkPlantFile } from '../index.ts'
import { instantiate, TemplateError, templateNeeds } from './instantiate.ts'
import { shippedTemplates } from './shipped.ts'

const templates = shippedTemplates(new URL('../../../resources/templates', import.meta.url).pathname)

/** A site that gives all a template asks for, or only what it cannot do without. */
function siteFor(template: Template, isWhole: boolean): TemplateSite {
  const asked = { bearing: 'SKF 6206', teeth: 31, blades: 6, bars: 44 }
  return {
    assetId: `${template.family}-9`,
    name: 'Machine 9',
    lineId: 'line-1',
    serverId: 'opc-1',
    identity: { manufacturer: 'KSB', model: 'X', commissionedOn: '2024-01-01', criticality: 3 },
    facts: Object.fromEntries(template.facts.map(({ id, usual, range }) => [id, usual ?? range[1]])),
    components: Object.fromEntries(
      template.components.flatMap(({ id, asks, optional }) =>
        optional && !isWhole ? [] : [[id, asks === null ? {} : { [asks]: asked[asks] }]],
      ),
    ),
    nodes: Object.fromEntries(
      template.points.flatMap(({ id, optional }) =>
        optional && !isWhole ? [] : [[id, `nsu=urn:plant;s=${template.family}-9.${id}`]],
      ),
    ),
  }
}

function plantWith(template: Template, site: TemplateSite): PlantFile {
  const { asset, points, alerts } = instantiate(template, site)
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
    assets: [asset],
    points: [...points],
    alerts: [...alerts],
    sync: [],
    templates: [{ ...template }],
  }
}

describe('the shipped templates', () => {
  test('cover every family that is not "other"', () => {
    expect(templates.map(({ family }) => family).sort()).toEqual(
      ['compressor', 'conveyor', 'fan', 'gearbox', 'motor', 'pump', 'thermal'].sort(),
    )
  })

  test.each(templates.flatMap((template) => [true, false].map((isWhole) => [template.id, isWhole, template] as const)))(
    '%s, all of it: %s, gives a machine without a fault and without a missing fact',
    (_id, isWhole, template) => {
      const plant = plantWith(template, siteFor(template, isWhole))
      expect(checkPlantFile(JSON.stringify(plant), { bearings: ['SKF 6206'] }).faults).toEqual([])
      expect(plant.points).toHaveLength(template.points.filter(({ optional }) => isWhole || !optional).length)
      expect(plant.alerts.length).toBeGreaterThan(0)
    },
  )
})

const pump = templates.find(({ family }) => family === 'pump')
if (!pump) throw new Error('There is no template for a pump.')

describe('a pump', () => {
  test('has the limits of its ISO class and of its nameplate', () => {
    const rigid = instantiate(pump, siteFor(pump, true))
    const velocity = rigid.alerts.find(({ id }) => id === 'pump-9.de.radial.velocity-high')
    expect(velocity?.limits).toEqual({ warning: 2.8, alarm: 4.5 })
    expect(rigid.points.find(({ id }) => id === 'pump-9.speed')?.contract?.expectedRange).toEqual([0, 1780])
    const site = siteFor(pump, true)
    const flexible = instantiate(pump, { ...site, identity: { ...site.identity, support: 'flexible', isoGroup: 1 } })
    expect(flexible.alerts.find(({ id }) => id === velocity?.id)?.limits).toEqual({ warning: 7.1, alarm: 11 })
  })

  test('without a current sensor is judged by the evidence it has', () => {
    const site = siteFor(pump, true)
    const { current: _, ...nodes } = site.nodes
    const { asset } = instantiate(pump, { ...site, nodes })
    expect(asset.runState?.evidences.map(({ pointId }) => pointId)).toEqual(['pump-9.speed', 'pump-9.de.radial'])
    expect(asset.runState?.quorum).toBe(2)
  })

  test('says all that is missing at once, and what is out of reach', () => {
    const site = { ...siteFor(pump, false), facts: { ratedRpm: 25 }, components: {}, nodes: {} }
    const needs = templateNeeds(pump, site)
    expect(needs.map(({ kind, id }) => `${kind} ${id}`)).toEqual([
      'fact ratedRpm',
      'fact powerKw',
      'fact ratedCurrentA',
      'fact ratedPressureBar',
      'component de-bearing',
      'node de.radial',
      'node speed',
    ])
    expect(needs[0]?.message).toBe('The rated speed of 25 rpm lies outside 60 to 30000 rpm; check number and unit.')
    expect(() => instantiate(pump, site)).toThrow(TemplateError)
  })
})
