import os from 'node:os'
import path from 'node:path'
import type { Page } from '@playwright/test'
import { launchDriven, type Running } from '../../harness/launch.ts'
import { startCli } from '../children.ts'
import { machinePoints, machines, writeScalePlant } from './scale-plant.ts'
import { TaskWatch, type StepTasks } from './tasks.ts'

/** Longest task of the window that an operator does not notice. */
export const taskBudgetMs = 100
const typing = { delay: 60 }
const patient = { timeout: 60_000 }

export interface ScaleReport {
  machines: number
  points: number
  /** From the launch to the first tile with live values. */
  liveMs: number
  loadAverage: number
  steps: Record<string, StepTasks>
  /** Of all steps; the processor time is of the task that took most of it. */
  longestTaskMs: number
  longestTaskCpuMs: number
}

/** Opens, searches and edits a plant of 500 machines and 5,000 points in the real Electron, its values coming in meanwhile. */
export async function measureScale(display: NodeJS.ProcessEnv, folder: string): Promise<ScaleReport> {
  const [simulated, plantFile] = [path.join(folder, 'simulated.json'), path.join(folder, 'plant.json')]
  const args = ['plant', '--port', '0', '--points', String(machinePoints), '--rate', '1', '--write-plant', simulated]
  const plant = startCli(args)
  let running: Running | null = null
  try {
    await plant.line((line) => typeof line['endpointUrl'] === 'string')
    writeScalePlant(simulated, plantFile)
    const began = performance.now()
    running = await launchDriven(display, { plant: plantFile, dataDir: path.join(folder, 'data') })
    const { window } = running
    await firstLive(window)
    const liveMs = performance.now() - began
    const desk = new ScaleDesk(window, await TaskWatch.open(window))
    await desk.walk()
    const all = Object.values(desk.steps)
    return {
      machines,
      points: machinePoints,
      liveMs,
      loadAverage: os.loadavg()[0] ?? Number.NaN,
      steps: desk.steps,
      longestTaskMs: Math.max(...all.map(({ longestTaskMs }) => longestTaskMs)),
      longestTaskCpuMs: Math.max(...all.map(({ mostCpuMs }) => mostCpuMs)),
    }
  } finally {
    await running?.close()
    await plant.stop()
  }
}

async function firstLive(window: Page): Promise<void> {
  await window.locator('[data-tile]:not(.tile-blind)').first().waitFor(patient)
}

/** What an operator does, step by step; each lasts until what it asked for is on the screen. */
class ScaleDesk {
  readonly steps: Record<string, StepTasks> = {}
  readonly #window: Page
  readonly #watch: TaskWatch

  constructor(window: Page, watch: TaskWatch) {
    this.#window = window
    this.#watch = watch
  }

  async walk(): Promise<void> {
    await this.#overview()
    await this.#palette()
    await this.#lists()
    await this.#mapping()
    await this.#edit()
  }

  async #step(name: string, body: () => Promise<unknown>): Promise<void> {
    this.steps[name] = await this.#watch.step(async () => void (await body()))
  }

  /** Frames of all machines keep coming; what follows a step belongs to it. */
  async #linger(ms = 1200): Promise<void> {
    await this.#window.waitForTimeout(ms)
  }

  async #overview(): Promise<void> {
    const window = this.#window
    const { keyboard, mouse } = window
    await this.#step('open', async () => {
      await window.reload()
      await firstLive(window)
      await this.#linger()
    })
    await this.#step('overview-live', () => this.#linger(4000))
    await this.#step('overview-scroll', async () => {
      await mouse.move(700, 500)
      for (let i = 0; i < 20; i++) {
        await mouse.wheel(0, 400)
        await window.waitForTimeout(50)
      }
    })
    await this.#step('overview-search', async () => {
      await window.getByRole('searchbox', { name: 'Find a machine' }).click()
      await keyboard.type('compressor 29', typing)
      await window.locator('[data-tile="machine-298"]').waitFor()
      await keyboard.press('Control+A')
      await keyboard.press('Delete')
      await window.locator('[data-tile="machine-2"]').waitFor()
      await this.#linger()
    })
    await this.#step('overview-keys', async () => {
      await window.locator('[data-tile]').first().focus()
      for (let i = 0; i < 20; i++) await keyboard.press('ArrowDown')
      await keyboard.press('End')
      await keyboard.press('Home')
    })
  }

  async #palette(): Promise<void> {
    const window = this.#window
    const { keyboard } = window
    await this.#step('palette-open', async () => {
      await keyboard.press('Control+k')
      await window.locator('.palette-entry').first().waitFor()
      await this.#linger()
    })
    await this.#step('palette-search', async () => {
      await keyboard.type('fan 399 flow', typing)
      await window.locator('.palette-entry', { hasText: 'machine-399.6' }).waitFor()
      await this.#linger()
    })
    await this.#step('machine-open', async () => {
      await keyboard.press('Enter')
      await window.getByRole('heading', { name: 'Exhaust fan 399' }).waitFor()
      await this.#linger()
    })
  }

  async #lists(): Promise<void> {
    const window = this.#window
    const { keyboard } = window
    await this.#step('machine-list', async () => {
      await keyboard.press('Control+2')
      await window.locator('[data-row="machine-1"]').waitFor()
      await this.#linger()
    })
    await this.#step('machine-list-search', async () => {
      await window.getByRole('searchbox', { name: 'Find a machine' }).click()
      await keyboard.type('gearbox 45', typing)
      await window.locator('[data-row="machine-450"]').waitFor()
      await this.#linger()
    })
    await this.#step('alerts', async () => {
      await keyboard.press('Control+4')
      await window.locator('[data-row]').first().waitFor()
      await this.#linger()
    })
    await this.#step('quality', async () => {
      await keyboard.press('Control+5')
      await window.locator('main[data-page="quality"]').waitFor()
      await this.#linger()
    })
  }

  async #mapping(): Promise<void> {
    const window = this.#window
    await this.#step('mapping-board', async () => {
      await window.evaluate(`location.hash = '#/quality?view=mapping'`)
      await window.getByRole('treegrid').waitFor()
      await this.#linger()
    })
  }

  async #edit(): Promise<void> {
    const window = this.#window
    const { keyboard } = window
    await this.#step('structure-open', async () => {
      await window.evaluate(`location.hash = '#/assets'`)
      await window.getByRole('tree').waitFor()
      await this.#linger()
    })
    await this.#step('structure-search', async () => {
      await window.getByRole('searchbox', { name: 'Find', exact: true }).click()
      await keyboard.type('compressor 298 flow', typing)
      await window.getByRole('treeitem', { name: 'flow' }).waitFor()
      await keyboard.press('Enter')
      await keyboard.press('Enter')
      await this.#linger()
    })
    await this.#step('edit-save', async () => {
      await window.getByLabel('Expected range, m³/h, upper end').fill('500000')
      await keyboard.press('Control+s')
      const dialog = window.getByRole('dialog')
      await dialog.getByLabel('Reason').fill('The new pump gives more.')
      await dialog.getByRole('button', { name: 'Save', exact: true }).click(patient)
      await window.getByText('Saved:').waitFor(patient)
      await this.#linger(3000)
    })
    await this.#step('edit-undo', async () => {
      await window.getByRole('tree').focus()
      await keyboard.press('Control+z')
      await window.getByText('Taken back').waitFor(patient)
      await this.#linger(3000)
    })
    await this.#step('overview-again', async () => {
      await keyboard.press('Control+1')
      await firstLive(window)
      await this.#linger()
    })
  }
}
