/** The product's version; a test compares it with package.json. */
export const engineVersion = '0.1.0'
