import { isRaw, type Raw } from '../../shared/lib/json.ts'

/**
 * Reads the unvalidated JSON of a plant file field by field. The cross checks run on this and not on the schema's
 * output, so that a point with one misspelt key still has its dangling references reported in the same run.
 */
export { isRaw, type Raw } from '../../shared/lib/json.ts'

/** An object to read from; empty when there is none. */
export function part(of: Raw, key: string): Raw {
  const value = of[key]
  return isRaw(value) ? value : {}
}

export function text(of: Raw, key: string): string | undefined {
  const value = of[key]
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

export function number(of: Raw, key: string): number | undefined {
  const value = of[key]
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

export function pair(of: Raw, key: string): [number, number] | undefined {
  const value: unknown = of[key]
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const [low, high] = value as unknown[]
  return typeof low === 'number' && typeof high === 'number' ? [low, high] : undefined
}

/** The objects of an array with their index; entries that are no object are left to the schema. */
export function items(of: Raw, key: string): [Raw, number][] {
  const value: unknown = of[key]
  if (!Array.isArray(value)) return []
  return value.flatMap((item: unknown, index): [Raw, number][] => (isRaw(item) ? [[item, index]] : []))
}

/** `pump-101` when it has an id, `number 3` when not: how a sentence names an entry. */
export function called(of: Raw, index: number): string {
  const id = text(of, 'id')
  return id === undefined ? `number ${index + 1}` : `"${id}"`
}

export function formatPath(path: readonly PropertyKey[]): string {
  let out = ''
  for (const step of path) {
    if (typeof step === 'number') out += `[${step}]`
    else if (/^[A-Za-z_$][\w$-]*$/.test(String(step))) out += out === '' ? String(step) : `.${String(step)}`
    else out += `[${JSON.stringify(String(step))}]`
  }
  return out === '' ? '(file)' : out
}
