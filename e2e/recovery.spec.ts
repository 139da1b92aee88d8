import type { Page } from '@playwright/test'
import { engineOf, treeOf } from './harness/process-tree.ts'
import { expect, test } from './harness/test.ts'
import { AppPage, generous } from './pages/app-page.ts'
import { OverviewPage } from './pages/overview-page.ts'
import { keyInFile, openTwinOf } from './readers/twin-reader.ts'

/** A reload would forget it. */
async function leaveMark(window: Page): Promise<void> {
  await window.evaluate('void (window.leftByTest = true)')
}

async function hasMark(window: Page): Promise<unknown> {
  return window.evaluate('window.leftByTest === true')
}

async function allLive(app: AppPage, overview: OverviewPage): Promise<void> {
  await app.live()
  await expect(overview.tiles).toHaveCount(7)
  await expect(overview.blind).toHaveCount(0, generous)
  for (const tile of await overview.tiles.all()) await expect(tile.locator('.tile-age')).toHaveText(/^(now|\d+ s ago)$/)
}

/** Gaps that the twin records for engines that ended without a word. */
async function killedGaps(dataDir: string): Promise<{ startUs: number; endUs: number | null }[]> {
  const twin = openTwinOf(dataDir)
  try {
    const gaps = await twin.gaps({})
    return gaps.filter(({ cause }) => cause === 'engine-killed')
  } finally {
    await twin.close()
  }
}

test('the window outlives a killed and a frozen engine, says what happened, and values go on', async ({ launch }) => {
  test.skip(process.platform === 'win32', 'signals of POSIX')
  test.setTimeout(240_000)
  const running = await launch({ args: [keyInFile] })
  const { window, dataDir } = running
  const app = new AppPage(window)
  const overview = new OverviewPage(window)
  await allLive(app, overview)
  await leaveMark(window)
  expect(await killedGaps(dataDir)).toEqual([])

  await test.step('killed', async () => {
    const before = engineOf(running.app.process().pid)
    process.kill(before, 'SIGKILL')
    await expect(app.band).toContainText(/was restarted at .*; a gap of .* is recorded/, generous)
    await expect(app.band).toContainText('SIGKILL')
    expect(engineOf(running.app.process().pid)).not.toBe(before)
    await allLive(app, overview)
    expect(await hasMark(window)).toBe(true)
    await expect.poll(async () => (await killedGaps(dataDir)).length, generous).toBe(1)
    const [gap] = await killedGaps(dataDir)
    expect(gap?.endUs ?? 0).toBeGreaterThan(gap?.startUs ?? Infinity)
    await app.band.getByRole('button', { name: 'I have read this' }).click()
    await expect(app.band).toBeHidden()
  })

  await test.step('frozen', async () => {
    const before = engineOf(running.app.process().pid)
    process.kill(before, 'SIGSTOP')
    // Nothing that has stopped may look live, whoever stopped it.
    await expect(overview.blind).toHaveCount(7, generous)
    await expect(app.band).toContainText(/was restarted at .*; a gap of .* is recorded/, generous)
    await expect(app.band).toContainText('heartbeats')
    expect(treeOf(before)).toEqual([])
    await allLive(app, overview)
    expect(await hasMark(window)).toBe(true)
    await expect.poll(async () => (await killedGaps(dataDir)).length, generous).toBe(2)
  })
})
