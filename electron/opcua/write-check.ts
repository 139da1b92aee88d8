import { DataType } from 'node-opcua-client'
import { parseForType } from './write-value.ts'

export { WriteValueError } from './write-value.ts'

/** What was typed as the node's type would hold it: the text for people and the number for limits. Throws WriteValueError. */
export function checkTyped(typed: string, dataType: string): { text: string; number: number } {
  const type = DataType[dataType as keyof typeof DataType]
  const { text, number } = parseForType(typed, type)
  return { text, number }
}
