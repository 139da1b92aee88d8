import type { Fault } from '../../shared/domain/fault.ts'
import { featureNames } from '../../shared/domain/features.ts'
import { plantFileSchema, withoutExtensions, type PlantFile } from '../../shared/domain/plant-file.ts'
import { alertFaults } from './alert-faults.ts'
import { beltFaults } from './belt-faults.ts'
import { captureFaults } from './capture-faults.ts'
import { contractFaults } from './contract-faults.ts'
import { failureModeFaults } from './failure-mode-faults.ts'
import { retiredFaults } from './retired-faults.ts'
import { plantFaults } from './plant-faults.ts'
import { isRaw } from './raw.ts'
import { readJson } from './read-json.ts'
import { referenceFaults } from './reference-faults.ts'
import { schemaFaults } from './schema-faults.ts'
import { scopeFaults } from './scope-faults.ts'
import { inlineSecrets } from './secrets.ts'
import { sensorFaults } from './sensor-faults.ts'
import { serverFaults } from './server-faults.ts'
import { writeFaults } from './write-faults.ts'

export interface CheckOptions {
  /** Names and aliases of the bearing catalogue; without them bearings are not checked. */
  bearings?: readonly string[]
  /** A revision that was accepted once: what has become a fault since is none. */
  isPast?: boolean
}

export interface PlantFileCheck {
  /** null as soon as there is one fault. */
  plant: PlantFile | null
  /** What the text says before anything is left out or filled in; undefined when it is not JSON. */
  value: unknown
  faults: Fault[]
}

/**
 * Every fault of a plant file in one run. Schema and cross checks both look at the raw JSON, so a fault in one place
 * hides none in another; a place the schema has named is not named twice.
 */
export function checkPlantFile(source: string, options: CheckOptions = {}): PlantFileCheck {
  const read = readJson(source)
  if (read.value === undefined) return { plant: null, value: undefined, faults: read.faults }
  const clean = withoutExtensions(read.value)
  const parsed = plantFileSchema.safeParse(clean)
  const bySchema = parsed.success ? [] : schemaFaults(parsed.error.issues, clean)
  const named = new Set(bySchema.map((fault) => fault.path))
  const crossed = isRaw(clean)
    ? [
        ...referenceFaults(clean),
        ...serverFaults(clean),
        ...contractFaults(clean),
        ...alertFaults(clean, featureNames),
        ...captureFaults(clean, featureNames),
        ...writeFaults(clean),
        ...beltFaults(clean),
        ...(options.isPast === true
          ? []
          : [...scopeFaults(clean), ...sensorFaults(clean), ...failureModeFaults(clean), ...retiredFaults(clean)]),
        ...plantFaults(clean, options.bearings ?? []),
        ...inlineSecrets(read.value, named),
      ].filter((fault) => !named.has(fault.path))
    : []
  const faults = [...read.faults, ...bySchema, ...crossed]
  return { plant: parsed.success && faults.length === 0 ? parsed.data : null, value: read.value, faults }
}
