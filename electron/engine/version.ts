/** The product's version; a test compares it with package.json. */
export const engineVersion = '0.1.0'

/**
 * What judges, as it is kept with each run: limits of the configuration over the features of this version. Advice comes from
 * sequential tests against baselines that people approved; there is no learned model, and where one judges later, its version is
 * added here.
 */
export const judgingSoftware = `millwright ${engineVersion}: limits of the configuration over block features; advice by sequential tests against approved baselines; no learned model`
