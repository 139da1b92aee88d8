/** How a tag was found to be what its name says. */
export const mappingMethods = [
  'bump-test',
  'shutdown-correlation',
  'loop-check',
  'signal-injection',
  'cable-trace',
  'label',
  'drawing',
  'other',
] as const
export type MappingMethod = (typeof mappingMethods)[number]

/** The signal itself was seen to answer; the others are words about it. */
export const testedMethods: ReadonlySet<MappingMethod> = new Set([
  'bump-test',
  'shutdown-correlation',
  'loop-check',
  'signal-injection',
])
