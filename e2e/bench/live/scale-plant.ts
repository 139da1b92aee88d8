import fs from 'node:fs'
import type { AlertDefinition, PlantFile, Point } from '../../../shared/domain/plant-file.ts'

export const machines = 500
export const pointsPerMachine = 10
export const machinePoints = machines * pointsPerMachine
const machinesPerLine = 20
/** Machines whose first point stands above its limit from the start. */
const alarmEvery = 17

const kinds = [
  { family: 'pump', name: 'Cooling water pump' },
  { family: 'motor', name: 'Mixer motor' },
  { family: 'compressor', name: 'Air compressor' },
  { family: 'fan', name: 'Exhaust fan' },
  { family: 'gearbox', name: 'Conveyor gearbox' },
] as const

const measured = [
  ['temperature', 'degC', 'Bearing temperature drive end'],
  ['temperature', 'degC', 'Bearing temperature non-drive end'],
  ['pressure', 'bar', 'Pressure suction'],
  ['pressure', 'bar', 'Pressure discharge'],
  ['current', 'A', 'Motor current'],
  ['flow', 'm3/h', 'Flow'],
  ['level', 'm', 'Level'],
  ['velocity', 'mm/s', 'Vibration velocity drive end'],
  ['velocity', 'mm/s', 'Vibration velocity non-drive end'],
  ['power', 'kW', 'Power'],
] as const satisfies readonly (readonly [NonNullable<Point['contract']>['quantity'], string, string])[]

/**
 * A plant of 500 machines and 5,000 points over the nodes of a simulated plant that was started with as many counters: its file
 * gives servers and nodes, names and machines are made here.
 */
export function writeScalePlant(simulated: string, file: string): void {
  const given = JSON.parse(fs.readFileSync(simulated, 'utf8')) as PlantFile
  const sources = given.points.map((point) => point.source)
  const assets = Array.from({ length: machines }, (_, i) => {
    const { family, name } = kinds[i % kinds.length] ?? kinds[0]
    const lineId = `line-${Math.floor(i / machinesPerLine) + 1}`
    return {
      id: `machine-${i + 1}`,
      lineId,
      family,
      name: `${name} ${i + 1}`,
      manufacturer: 'KSB',
      model: 'Etanorm 125',
      serial: `SN-${10_000 + i}`,
      commissionedOn: '2021-04-01',
      criticality: 1 + (i % 5),
      failureModes: ['bearing-wear'],
    }
  })
  const points = assets.flatMap(({ id, name }, i) =>
    measured.map(([quantity, unit, what], k): Point => {
      const source = sources[i * pointsPerMachine + k]
      if (!source) throw new Error(`${simulated} has ${sources.length} points, ${machinePoints} are needed.`)
      return {
        id: `${id}.${k + 1}`,
        assetId: id,
        name: `${name} ${what.toLowerCase()}`,
        kind: 'scalar',
        source,
        mapping: { verifiedBy: 'bench', verifiedOn: '2026-01-05', method: 'label' },
        contract: {
          version: 1,
          quantity,
          unit,
          detector: 'raw',
          sampleRateHz: 1,
          timestampSource: 'source',
          expectedRange: [0, 1e12],
          updateCadenceMs: 1000,
          owner: 'bench',
          policy: {
            missingAfterMs: 10_000,
            late: 'accept',
            lateToleranceMs: 5000,
            duplicate: 'drop',
            outOfOrder: 'reorder',
          },
        },
      }
    }),
  )
  const alerts = assets.map(({ id, name }, i): AlertDefinition => {
    return {
      id: `${id}.hot`,
      pointId: `${id}.1`,
      feature: 'value',
      limits: { warning: i % alarmEvery === 0 ? 1 : 1e9 },
      deadband: 0.1,
      onDelayMs: 0,
      offDelayMs: 0,
      contract: {
        meaning: `${name} is hot at its drive end.`,
        cause: 'Poor lubrication, or a load beyond what it is made for.',
        consequence: 'The bearing wears out within days.',
        action: 'Check oil level and load; plan an inspection.',
        recipient: 'maintenance',
        respondWithinMin: 240,
        priority: i % 2 === 0 ? 'medium' : 'low',
      },
    }
  })
  const lines = Array.from({ length: Math.ceil(machines / machinesPerLine) }, (_, i) => ({
    id: `line-${i + 1}`,
    name: `Line ${i + 1}`,
  }))
  const plant: PlantFile = { ...given, lines, assets, points, alerts }
  fs.writeFileSync(file, JSON.stringify(plant, null, 2))
}
