/** Bad input to the plant's command line: one sentence for the person who typed it, exit code 2. */
export class PlantInputError extends Error {
  override name = 'PlantInputError'
}
