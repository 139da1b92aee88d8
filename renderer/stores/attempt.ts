import { useState } from 'react'
import type { Failure } from '../../shared/domain/problem.ts'
import { failureOf } from './topic.ts'

export interface Attempt {
  failure: Failure | null
  isBusy: boolean
  /** Busy until it ends; false when it failed, and `failure` then says why. */
  run: (work: () => Promise<void>) => Promise<boolean>
}

/** One thing a person asked for in a dialog, tried until it works or is given up. */
export function useAttempt(): Attempt {
  const [failure, setFailure] = useState<Failure | null>(null)
  const [isBusy, setIsBusy] = useState(false)
  const run = async (work: () => Promise<void>): Promise<boolean> => {
    setIsBusy(true)
    setFailure(null)
    try {
      await work()
      return true
    } catch (error) {
      setFailure(failureOf(error))
      return false
    } finally {
      setIsBusy(false)
    }
  }
  return { failure, isBusy, run }
}
