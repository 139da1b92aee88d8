import { test as base } from '@playwright/test'
import { hasDisplay, startXvfb } from '../../scripts/lib/xvfb.mjs'
import { launchBare, launchDriven, removeFolder, type Bare, type LaunchOptions, type Running } from './launch.ts'
import { runtimeName } from './runtime.ts'

export { expect } from '@playwright/test'
export type { Bare, LaunchOptions, Running } from './launch.ts'

interface Fixtures {
  /** Starts the application; closed, and its folder removed, when the test ends. */
  launch: (options?: LaunchOptions) => Promise<Running>
  /** Starts it as a user does, without Playwright's debugging ports. */
  launchUndriven: (options?: LaunchOptions) => Bare
}

interface WorkerFixtures {
  /** Environment with a display: the one there is, or an Xvfb of our own. */
  display: NodeJS.ProcessEnv
}

// Playwright finds a fixture's needs in the braces of its first parameter, so an empty pair is meant.
export const test = base.extend<Fixtures, WorkerFixtures>({
  display: [
    // oxlint-disable-next-line no-empty-pattern
    async ({}, provide) => {
      if (hasDisplay()) {
        await provide(process.env)
        return
      }
      const xvfb = await startXvfb()
      await provide(xvfb.env)
      xvfb.stop()
    },
    { scope: 'worker' },
  ],

  launch: async ({ display }, provide, info) => {
    info.annotations.push({ type: 'runtime', description: runtimeName() })
    const running: Running[] = []
    await provide(async (options) => {
      const one = await launchDriven(display, options)
      running.push(one)
      return one
    })
    for (const [i, one] of running.entries()) {
      if (info.status !== info.expectedStatus) {
        await info.attach(`log-${i}`, { body: one.log(), contentType: 'text/plain' })
        const picture = await one.window.screenshot({ timeout: 5000 }).catch(() => undefined)
        if (picture) await info.attach(`window-${i}`, { body: picture, contentType: 'image/png' })
      }
      await one.close().catch(() => undefined)
    }
    for (const { dataDir } of running) removeFolder(dataDir)
  },

  launchUndriven: async ({ display }, provide, info) => {
    info.annotations.push({ type: 'runtime', description: runtimeName() })
    const running: Bare[] = []
    await provide((options) => {
      const one = launchBare(display, options)
      running.push(one)
      return one
    })
    for (const one of running) {
      if (info.status !== info.expectedStatus) {
        await info.attach('log', { body: one.log(), contentType: 'text/plain' })
      }
      await one.stop()
      removeFolder(one.dataDir)
    }
  },
})
