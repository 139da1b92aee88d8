import { z } from 'zod'

const pointId = z.string().min(1).max(256)
const value = z.string().trim().min(1).max(64)

/** The two steps of writing a value to the plant. Values are text, so that nothing is rounded on the way. */
export const writeParams = {
  'write.prepare': z.strictObject({ pointId, value }),
  'write.confirm': z.strictObject({ token: z.uuid(), value }),
  'write.cancel': z.strictObject({}),
} as const

export interface PreparedWriteView {
  token: string
  pointId: string
  before: string
  beforeStatus: number
  after: string
  dataType: string
  unit: string
  range: [number, number]
  nodeId: string
  serverId: string
  confirmWithinS: number
}

/** `unknown`: no answer came. `differs`: taken, but something else is read back. */
export interface WriteResultView {
  state: 'done' | 'refused' | 'differs' | 'unknown'
  before: string
  after: string
  readBack: string | null
  status: number
  message: string
}

export interface WriteResults {
  'write.prepare': PreparedWriteView
  'write.confirm': WriteResultView
  'write.cancel': Record<string, never>
}
