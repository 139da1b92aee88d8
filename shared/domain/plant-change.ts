/** A difference between two revisions of a plant file, by id and field instead of by place in the file. */
export interface PlantChange {
  readonly kind: 'added' | 'removed' | 'changed'
  /** `assets`, `points`, `alerts` ...; `plant` for the plant's own name and zone. */
  readonly section: string
  /** Of the asset, point, alert ... it belongs to; null where the section has no ids. */
  readonly id: string | null
  /** `contract.expectedRange`, `components.de-bearing.bearing`; empty where the whole entry came or went. */
  readonly field: string
  readonly before: unknown
  readonly after: unknown
}

/** Where a change is, as one name. */
export function placeOf({ section, id, field }: Pick<PlantChange, 'section' | 'id' | 'field'>): string {
  return `${section}/${id ?? ''}/${field}`
}
