/** The product's version; a test compares it with package.json. */
export const engineVersion = '0.1.0'

/**
 * What judges, as it is kept with each run: limits of the configuration over the features of this version. There is no learned
 * model and no baseline of a machine yet; where one judges later, its version is added here.
 */
export const judgingSoftware = `millwright ${engineVersion}: limits of the configuration over block features; no learned model`
