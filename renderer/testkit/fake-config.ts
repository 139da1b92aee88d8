import type { ConfigRevision } from '../../shared/domain/config-history.ts'
import type { Fault } from '../../shared/domain/fault.ts'
import type { PlantChange } from '../../shared/domain/plant-change.ts'
import type { PlantFile } from '../../shared/domain/plant-file.ts'
import { findUnit } from '../../shared/domain/units.ts'
import { withEntryChanges } from '../../shared/lib/entry-changes.ts'
import { isRaw, type Raw } from '../../shared/lib/json.ts'
import { configParams, type ConfigPreview, type ConfigResults } from '../../shared/protocol/config.ts'
import type { MethodName } from '../../shared/protocol/methods.ts'

const nothing = { changes: [], faults: [] }

/** Edits on paper: made in the plant of this window, with revisions that can be looked at. */
export class FakeConfig {
  readonly #plant: PlantFile
  readonly #revisions: ConfigRevision[] = []

  constructor(plant: PlantFile) {
    this.#plant = plant
  }

  /** Goes up with each edit, so that windows read the plant again. */
  get edits(): number {
    return this.#revisions.length
  }

  call(method: keyof ConfigResults, params: unknown): ConfigResults[keyof ConfigResults] {
    switch (method) {
      case 'config.preview':
        return this.#preview(configParams[method].parse(params).changes, '')
      case 'config.change': {
        const { changes, reason } = configParams[method].parse(params)
        return this.#change(changes, reason)
      }
      case 'config.history': {
        const { section, id } = configParams[method].parse(params)
        const of = ({ changes, ...rest }: ConfigRevision): ConfigRevision => ({
          ...rest,
          changes: changes.filter((change) => change.section === section && change.id === id),
        })
        const first = { id: 0, hash: 'f0', author: 'file', reason: 'read at start', atUs: Date.now() * 1000 - 9e9 }
        return { revisions: this.#revisions.map(of).filter(({ changes }) => changes.length > 0), more: false, first }
      }
      case 'catalogue.bearings':
        return { names: ['SKF 6205-2RS', 'SKF 6203-2RS', 'Rexnord ZA-2115'] }
      case 'template.list':
        return { templates: [], upgrades: [] }
      case 'template.offer':
        return { templateId: 'pump-on-baseplate', version: 2, machines: 3 }
      case 'template.preview':
        return { needs: [], ...nothing }
      case 'template.previewUpgrade':
      case 'template.upgrade':
      case 'template.instantiate':
        return nothing
    }
  }

  #preview(changes: readonly PlantChange[], reason: string): ConfigPreview {
    const touched = new Set(
      changes.flatMap(({ section, id, field }) => (section === 'points' && field.startsWith('contract.') ? [id] : [])),
    )
    const versions = this.#plant.points.flatMap(({ id, contract }): PlantChange[] => {
      if (!contract || !touched.has(id)) return []
      const at = { section: 'points', id } as const
      return [
        { ...at, kind: 'changed', field: 'contract.version', before: contract.version, after: contract.version + 1 },
        ...(reason === ''
          ? []
          : [{ ...at, kind: 'added' as const, field: 'contract.reason', before: contract.reason, after: reason }]),
      ]
    })
    return { changes: [...changes, ...versions], faults: this.#faults(changes) }
  }

  #faults(changes: readonly PlantChange[]): Fault[] {
    return changes.flatMap(({ id, field, after }): Fault[] => {
      const at = this.#plant.points.findIndex((point) => point.id === id)
      const contract = this.#plant.points[at]?.contract
      if (field !== 'contract.unit' || !contract || findUnit(contract.quantity, String(after))) return []
      const message = `The unit "${String(after)}" of point "${id}" is no unit of ${contract.quantity}.`
      return [
        {
          path: `points[${at}].contract.unit`,
          code: 'unknown-unit',
          message,
          remedy: 'Use one of "g", "m/s2", "mm/s2".',
        },
      ]
    })
  }

  #change(changes: readonly PlantChange[], reason: string): ConfigPreview {
    const done = this.#preview(changes, reason)
    if (done.faults.length > 0) return done
    for (const [section, list] of grouped(done.changes, (change) => change.section)) this.#put(section, list)
    const id = this.#revisions.length + 1
    const revision = { id, hash: `f${id}`, author: 'operator', reason, atUs: Date.now() * 1000, changes: done.changes }
    this.#revisions.unshift(revision)
    return done
  }

  #put(section: string, changes: readonly PlantChange[]): void {
    const plant: Raw = this.#plant
    for (const [id, own] of grouped(changes, (change) => change.id)) {
      const value = plant[section]
      if (id === null) plant[section] = withEntryChanges(value, own)
      else {
        const list: unknown[] = Array.isArray(value) ? [...(value as unknown[])] : []
        const at = list.findIndex((entry) => isRaw(entry) && entry['id'] === id)
        const after = withEntryChanges(list[at], own)
        if (at < 0) list.push(after)
        else list.splice(at, 1, ...(after === undefined ? [] : [after]))
        plant[section] = list
      }
    }
  }
}

/** Map.groupBy is younger than the browsers the window runs in. */
function grouped<T, K>(list: readonly T[], keyOf: (each: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const each of list) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each])
  return groups
}

export function isConfigMethod(method: MethodName): method is keyof ConfigResults {
  return Object.hasOwn(configParams, method)
}
