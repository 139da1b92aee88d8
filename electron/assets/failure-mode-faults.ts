import type { Fault } from '../../shared/domain/fault.ts'
import {
  causes,
  commonMode,
  commonModes,
  mechanisms,
  observedModes,
  type Term,
} from '../../shared/domain/failure-modes.ts'
import { called, items, text, type Raw } from './raw.ts'
import { listed, meant } from './suggest.ts'

const lists = { mode: observedModes, mechanism: mechanisms, cause: causes } as const

/** Own failure modes that say something the common codes do not know, and free text in the place of a code. */
export function failureModeFaults(root: Raw): Fault[] {
  return [...items(root, 'failureModes').flatMap(([mode, index]) => ownFaults(mode, index)), ...freeText(root)]
}

function ownFaults(mode: Raw, index: number): Fault[] {
  const path = `failureModes[${index}]`
  const common = text(mode, 'common')
  const known = commonModes.map(({ code }) => code)
  const faults: Fault[] = []
  if (text(mode, 'id') === undefined)
    faults.push({
      path: `${path}.id`,
      code: 'missing-id',
      message: `Failure mode number ${index + 1} has no id, so no asset can name it.`,
      remedy: 'Give it the code it has here, like "KSB-017".',
    })
  if (common !== undefined && !commonMode(common))
    faults.push({
      path: `${path}.common`,
      code: 'unknown-failure-mode',
      message: `The failure mode ${called(mode, index)} is mapped to the common code "${common}", which does not exist.`,
      remedy: meant(common, known, `Use one of ${listed(known, 40)}.`),
    })
  for (const key of ['mode', 'mechanism', 'cause'] as const) {
    const value = text(mode, key)
    if (value !== undefined && !isTerm(lists[key], value))
      faults.push({
        path: `${path}.${key}`,
        code: 'unknown-failure-term',
        message: `The ${key} of the failure mode ${called(mode, index)} is "${value}", which is no code of ISO 14224.`,
        remedy: `Use one of ${listed(
          lists[key].map(({ code }) => code),
          40,
        )}.`,
      })
  }
  return faults
}

function isTerm(list: readonly Term[], value: string): boolean {
  return list.some(({ code }) => code === value)
}

/** Words in the place of a code: nothing could ever be counted or compared by them. */
function freeText(root: Raw): Fault[] {
  const own = new Set(items(root, 'failureModes').map(([mode]) => text(mode, 'id')))
  return items(root, 'assets').flatMap(([asset, index]) => {
    const modes: unknown = asset['failureModes']
    if (!Array.isArray(modes)) return []
    return modes.flatMap((mode: unknown, at): Fault[] => {
      if (typeof mode !== 'string' || own.has(mode) || /^[\w./-]*$/.test(mode)) return []
      const known = commonModes.map(({ code }) => code)
      return [
        {
          path: `assets[${index}].failureModes[${at}]`,
          code: 'free-text-failure-mode',
          message: `The failure mode "${mode}" of asset ${called(asset, index)} is free text, which nothing can be counted by.`,
          remedy: meant(
            mode,
            known,
            'Name a code, like "bearing.outer-race", or add one of your own to "failureModes".',
          ),
        },
      ]
    })
  })
}
