import type { Analysis, AnalysisUnit } from '../../../shared/domain/analysis.ts'
import { analysisUnits } from '../../../shared/domain/analysis.ts'
import {
  findBearing,
  ordersOfBearing,
  withOwnBearings,
  type BearingCatalogue,
} from '../../../shared/domain/bearings.ts'
import type { MachineClass } from '../../../shared/domain/iso-10816.ts'
import type { BeltDrive, MachineFacts, ToothedPart } from '../../../shared/domain/machine-facts.ts'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import { shaftRatio, type PointInfo } from '../plant-model.ts'

const sixtyHertz = [
  /^America\/(?!Argentina|Buenos_Aires|Asuncion|Montevideo|Santiago|La_Paz|Cayenne)/,
  /^US\//,
  /^Canada\//,
]
const sixtyHertzCities = ['Asia/Seoul', 'Asia/Taipei', 'Asia/Manila', 'Asia/Riyadh', 'Pacific/Honolulu', 'Pacific/Guam']

/** Mains frequency as the plant file says it of the machine or the plant; null where it says nothing. */
export function writtenMainsHz({ asset: { asset } }: PointInfo, { plant }: PlantFile): number | null {
  return asset.mainsHz ?? plant.mainsHz ?? null
}

/** Mains frequency of where the plant stands, for a plant file that does not say it; Japan has both and is taken as 50 Hz. */
export function mainsHzOf(timeZone: string): 50 | 60 {
  return sixtyHertz.some((zones) => zones.test(timeZone)) || sixtyHertzCities.includes(timeZone) ? 60 : 50
}

/** ISO 10816-3 needs group and support; without either no zone is given. */
export function machineClassOf({ asset: { asset } }: PointInfo): MachineClass | null {
  const { isoGroup, support, powerKw } = asset
  return isoGroup === undefined || support === undefined
    ? null
    : { group: isoGroup, support, powerKw: powerKw ?? null, ownLimits: null }
}

/** An induction motor under load runs a few percent below the speed of its field. */
const MOST_SLIP = 0.08

/** Poles by nameplate speed and mains, where the plant file names a cage rotor. */
function polesOf(ratedRpm: number | undefined, mainsHz: number): number | null {
  if (ratedRpm === undefined) return null
  const poles = 2 * Math.floor((60 * mainsHz) / ratedRpm + 1e-9)
  const fieldRpm = (120 * mainsHz) / poles
  return poles >= 2 && ratedRpm < fieldRpm && ratedRpm >= (1 - MOST_SLIP) * fieldRpm ? poles : null
}

/** What the plant file knows of the machine beside its bearings, each part's speed over the measured shaft's. */
export function machineFactsOf(info: PointInfo, mainsHz: number): MachineFacts {
  const { components = [], shafts = [], ratedRpm } = info.asset.asset
  const own = shaftRatio(info)
  const ratioOf = (shaftId: string | undefined): number =>
    (shafts.find((shaft) => shaft.id === shaftId)?.ratio ?? 1) / own
  const parts = (kind: 'gear' | 'impeller'): ToothedPart[] =>
    components.flatMap((component) => {
      const count = kind === 'gear' ? component.teeth : component.blades
      return component.kind !== kind || count === undefined
        ? []
        : [{ name: component.name ?? component.id, count, ratio: ratioOf(component.shaftId) }]
    })
  const rotor = components.find((component) => component.kind === 'rotor')
  return {
    gears: parts('gear'),
    impellers: parts('impeller'),
    // The rules count turns of the measured shaft: a belt of another shaft has a pulley of the diameter that gives the same speed here.
    belts: components.flatMap(({ kind, name, id, shaftId, pulleyDiameterMm, lengthMm }): BeltDrive[] =>
      kind !== 'belt' || pulleyDiameterMm === undefined || lengthMm === undefined
        ? []
        : [{ name: name ?? id, pulleyDiameterMm: pulleyDiameterMm * ratioOf(shaftId), lengthMm }],
    ),
    rotorBars: rotor?.bars ?? null,
    poles: rotor === undefined ? null : polesOf(ratedRpm, mainsHz),
  }
}

/** The bearing a point sits on, with where its numbers come from. */
export function bearingFactsOf(info: PointInfo, catalogue: BearingCatalogue): Analysis['bearing'] {
  const bearings = (info.asset.asset.components ?? []).filter((component) => component.kind === 'bearing')
  const own = bearings.find((component) => component.id === info.point.componentId)
  const component = own ?? (bearings.length === 1 ? bearings[0] : undefined)
  if (component?.bearing === undefined) return null
  const entry = findBearing(withOwnBearings(catalogue, info.asset.ownBearings), component.bearing)
  return entry && { name: entry.name, source: entry.source, verified: entry.verified, orders: ordersOfBearing(entry) }
}

export function analysisUnitOf(unit: string): AnalysisUnit {
  return analysisUnits.find((known) => known === unit) ?? 'unknown'
}
