import fs from 'node:fs'
import { afterEach } from 'vitest'
import type { Twin } from './api.ts'
import { testTwin, type TestTwin } from './twin-fixtures.ts'

interface TestTwins {
  /** A place for a twin, removed after the test. */
  fresh: () => TestTwin
  /** What else is to be removed. */
  made: TestTwin[]
  /** Closed before. */
  opened: Twin[]
}

/** Called once at the top of a file of tests. */
export function testTwins(): TestTwins {
  const made: TestTwin[] = []
  const opened: Twin[] = []
  afterEach(async () => {
    for (const twin of opened.splice(0)) await twin.close()
    for (const { dir } of made.splice(0)) fs.rmSync(dir, { recursive: true, force: true })
  })
  const fresh = (): TestTwin => {
    const twin = testTwin()
    made.push(twin)
    return twin
  }
  return { fresh, made, opened }
}
