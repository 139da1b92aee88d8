import type { PlantChange } from '../../../shared/domain/plant-change.ts'
import { isRaw } from '../../../shared/lib/json.ts'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'

export interface EditWords {
  readonly author: string
  readonly reason: string
}

/**
 * The changes, and for every contract they touch a new version with author and reason: values, features and alerts refer to
 * the contract they were judged by, so the same version must never mean two things. A contract whose version the changes set
 * themselves keeps that one.
 */
export function withContractVersions(
  plant: PlantFile,
  changes: readonly PlantChange[],
  words: EditWords,
): PlantChange[] {
  const ofContracts = changes.filter(
    ({ section, id, field }) => section === 'points' && id !== null && field.startsWith('contract.'),
  )
  const touched = new Set(ofContracts.map(({ id }) => id))
  const set = new Set(ofContracts.map(({ id, field }) => `${id} ${field}`))
  const contracts = plant.points.flatMap(({ id, contract }) => (contract && touched.has(id) ? [{ id, contract }] : []))
  const versions = contracts.flatMap(({ id, contract }) =>
    Object.entries({ version: contract.version + 1, ...words }).flatMap(([key, after]): PlantChange[] => {
      const field = `contract.${key}`
      const before: unknown = contract[key as keyof typeof contract]
      if (set.has(`${id} ${field}`) || set.has(`${id} contract.version`) || before === after) return []
      return [{ kind: before === undefined ? 'added' : 'changed', section: 'points', id, field, before, after }]
    }),
  )
  return [...changes.map((change) => withWords(change, words)), ...versions]
}

/** A contract that begins has its author and reason as well. */
function withWords(change: PlantChange, words: EditWords): PlantChange {
  const { kind, section, field, after } = change
  if (kind !== 'added' || section !== 'points' || field !== 'contract' || !isRaw(after)) return change
  return { ...change, after: { ...words, ...after } }
}
