import type { AlertContract } from '../domain/alert.ts'

/** What an alert says, where a test does not care. */
export const plainContract = {
  meaning: 'm',
  cause: 'c',
  consequence: 'q',
  action: 'a',
  recipient: 'r',
  respondWithinMin: 15,
  priority: 'high',
} as const satisfies AlertContract
