import { createHash } from 'node:crypto'
import type { Fault } from '../../shared/domain/fault.ts'
import type { PlantFile } from '../../shared/domain/plant-file.ts'
import { canonicalJson } from '../../shared/lib/json.ts'
import { checkPlantFile, type CheckOptions } from './check-plant-file.ts'

export { canonicalJson }

/** SHA-256 (hex) over the canonical text. Comments and layout do not count, notes under `x-` do. */
export function configHash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}

export interface LoadedPlant {
  plant: PlantFile
  configHash: string
}

export class PlantFileError extends Error {
  override readonly name = 'PlantFileError'
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    const [first] = faults
    const more = faults.length > 1 ? ` (and ${faults.length - 1} more faults; \`millwright check\` lists all)` : ''
    super(first ? `${first.message} ${first.remedy}${more}` : 'The plant file is not valid.')
    this.faults = faults
  }
}

/** For the engine: the plant with the hash of its configuration. Throws `PlantFileError` with every fault. */
export function parsePlantFile(source: string, options: CheckOptions = {}): LoadedPlant {
  const { plant, value, faults } = checkPlantFile(source, options)
  if (!plant) throw new PlantFileError(faults)
  return { plant, configHash: configHash(value) }
}
