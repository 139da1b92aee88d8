import type { Locator, Page } from '@playwright/test'
import { expect } from '../harness/test.ts'

/** Ctrl+number as in the navigation. */
const numbers = { overview: 1, machine: 2, vibration: 3, alerts: 4, quality: 5, sync: 6, settings: 8 } as const
export type PageName = keyof typeof numbers

/** Everything that waits for a start, a reconnect or a fault to develop; the machine that runs this may be slow. */
export const generous = { timeout: 60_000 }

/** The frame around every page: banner, band, navigation and the panel of the simulated plant. */
export class AppPage {
  readonly window: Page
  readonly banner: Locator
  /** What happened to the engine, in words. */
  readonly band: Locator
  readonly main: Locator

  constructor(window: Page) {
    this.window = window
    this.banner = window.getByRole('region', { name: 'Alert banner' })
    this.band = window.getByRole('status', { name: 'Engine', exact: true })
    this.main = window.locator('main')
  }

  /** The engine runs and the window hears it. */
  async live(): Promise<void> {
    await expect(this.window.getByRole('button', { name: 'Connections to OPC UA servers' })).toContainText(
      '1 of 1 connected',
      generous,
    )
  }

  async open(page: PageName): Promise<Locator> {
    await this.window.keyboard.press(`Control+${numbers[page]}`)
    const region = this.window.locator(`main[data-page="${page}"]`)
    await expect(region).toBeVisible()
    return region
  }

  async #inPlantPanel(act: (panel: Locator) => Promise<void>): Promise<void> {
    const trigger = this.window.getByRole('button', { name: 'Simulated plant', exact: true }).filter({ visible: true })
    await trigger.last().click()
    const panel = this.window.getByRole('dialog', { name: 'Simulated plant' })
    await expect(panel).toBeVisible()
    await act(panel)
    await this.window.keyboard.press('Escape')
    await expect(panel).toBeHidden()
  }

  /** The stage hand's switch: unplugs the WAN or plugs it in. */
  async wan(on: boolean): Promise<void> {
    await this.#inPlantPanel(async (panel) => {
      const plug = panel.getByRole('switch')
      await expect(plug).toHaveAttribute('aria-checked', String(!on))
      await plug.click()
      await expect(plug).toHaveAttribute('aria-checked', String(on))
    })
  }

  async play(scenario: string, speedUp: string): Promise<void> {
    await this.#inPlantPanel(async (panel) => {
      await panel.getByLabel('Scenario').selectOption(scenario)
      await panel.getByLabel('Damage grows').selectOption(speedUp)
      await panel.getByRole('button', { name: 'Play this scenario' }).click()
      await expect(this.window.getByText('The simulated plant plays the scenario.')).toBeVisible()
    })
  }
}
