/**
 * A point's name beside its machine's: `Feed pump 101, drive end` becomes `Drive end` where the machine already stands
 * there. A name that says nothing else stays as it is.
 */
export function nameWithin(assetName: string, pointName: string): string {
  if (!pointName.toLowerCase().startsWith(assetName.toLowerCase())) return pointName
  const rest = pointName.slice(assetName.length).replace(/^[\s,:;\u2013-]+/, '')
  return rest === '' ? pointName : rest.charAt(0).toUpperCase() + rest.slice(1)
}

/** Characters a plant file allows in an id (letters, digits, dot, dash, underscore), at most 128. */
export function idFrom(text: string): string {
  return text
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+|[-._]+$/g, '')
    .slice(0, 128)
}
