import { bundleSiteSchema, type BundleSite } from '../../../shared/domain/bundle.ts'
import type { Fault } from '../../../shared/domain/fault.ts'
import { withoutExtensions } from '../../../shared/domain/plant-file.ts'
import { formatPath, isRaw } from '../raw.ts'
import { readJson } from '../read-json.ts'

/** What a site says to take a bundle; what its form has left empty is not said. Comments are allowed. */
export function readBundleSite(source: string): { site: BundleSite | null; faults: Fault[] } {
  const read = readJson(source)
  if (read.value === undefined) return { site: null, faults: read.faults }
  const parsed = bundleSiteSchema.safeParse(withoutBlanks(withoutExtensions(read.value)))
  if (parsed.success) return { site: parsed.data, faults: read.faults }
  const faults = parsed.error.issues.map((issue): Fault => {
    const path = formatPath(issue.path)
    const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('undefined')
    const message = isMissing ? `${path} is not said.` : `${path}: ${issue.message}.`
    return { path, code: 'bad-site', message, remedy: 'Write it as the form of `millwright bundle form` has it.' }
  })
  return { site: null, faults: [...read.faults, ...faults] }
}

function withoutBlanks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutBlanks)
  if (!isRaw(value)) return value
  const kept = Object.entries(value).map(([key, inner]) => [key, withoutBlanks(inner)] as const)
  return Object.fromEntries(
    kept.filter(([, inner]) => inner !== '' && !(isRaw(inner) && Object.keys(inner).length === 0)),
  )
}
