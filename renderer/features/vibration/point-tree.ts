import type { PlantFile, Point } from '../../../shared/domain/plant-file.ts'
import { nameWithin } from '../../../shared/lib/names.ts'

/** More live waveforms than this leave each too small to read, and the drawing budget is measured for eight. */
export const mostLive = 8

export interface MachineGroup {
  assetId: string
  name: string
  points: Point[]
}

/** Machines that have waveform points, in the order of the plant file. */
export function machineGroups(plant: PlantFile): MachineGroup[] {
  const groups: MachineGroup[] = []
  for (const asset of plant.assets) {
    const points = plant.points.filter((point) => point.assetId === asset.id && point.kind === 'waveform')
    if (points.length > 0) groups.push({ assetId: asset.id, name: asset.name, points })
  }
  return groups
}

/** What the page shows: known waveform points of the address, the first of the plant when it names none. */
export function shownPoints(plant: PlantFile, asked: readonly string[] | undefined): Point[] {
  const waveforms = plant.points.filter((point) => point.kind === 'waveform')
  const known = (asked ?? [])
    .map((id) => waveforms.find((point) => point.id === id))
    .filter((point) => point !== undefined)
  if (known.length > 0) return known.slice(0, mostLive)
  const [first] = waveforms
  return first ? [first] : []
}

/** The list after a point was checked or unchecked; the last one stays, and no more than `mostLive` are taken. */
export function toggled(ids: readonly string[], id: string): string[] {
  if (ids.includes(id)) return ids.length === 1 ? [...ids] : ids.filter((known) => known !== id)
  return ids.length >= mostLive ? [...ids] : [...ids, id]
}

/** Place among the plant's waveform points: the colour of a point is the same everywhere. */
export function colourIndexOf(plant: PlantFile, pointId: string): number {
  return plant.points.filter((point) => point.kind === 'waveform').findIndex((point) => point.id === pointId)
}

export function pointWords(plant: PlantFile, point: Point): string {
  const asset = plant.assets.find((known) => known.id === point.assetId)
  const machine = asset?.name ?? point.assetId
  return `${machine}: ${nameWithin(machine, point.name ?? point.id)}`
}
