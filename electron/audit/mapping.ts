import type { AuditFinding } from '../../shared/domain/audit.ts'
import type { MappingChange } from '../../shared/domain/mapping.ts'
import type { PointInput } from './input.ts'
import { iso } from './words.ts'

/** What a tag loses as long as nobody has made sure that it is what its name says. */
const penalty = 0.05

/** One sentence for a mapping that no evidence holds. */
export function mappingFindings({ point, mapping: judged, window }: PointInput): AuditFinding[] {
  if (judged.state === 'verified') return []
  const { mapping } = point
  const detail = mapping
    ? `The mapping was verified by ${mapping.verifiedBy} on ${mapping.verifiedOn}, ${judged.changes.map(inWords).join('; ')}: verify it again.`
    : `Nobody has verified that this tag is what its name says: the mapping is a draft. Record who, when and how in "mapping".`
  return [{ kind: 'mapping', from: iso(window.fromUs), to: iso(window.toUs), detail, penalty }]
}

function inWords(change: MappingChange): string {
  switch (change.what) {
    case 'sensor':
      return `before its sensor was replaced on ${change.on}`
    case 'node':
      return `when it came from node ${change.was}`
    case 'server':
      return `when it came from server ${change.was}`
    case 'host':
      return `when its server was at ${change.was}, which is at ${change.is} now`
    case 'asset':
      return `when it was of machine ${change.was}`
    case 'component':
      return change.was === '' ? 'when it was of no component' : `when it was of component ${change.was}`
  }
}
