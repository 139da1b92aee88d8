import type { Locator, Page } from '@playwright/test'

export class SyncPage {
  readonly #window: Page

  constructor(window: Page) {
    this.#window = window
  }

  /** One row of the deliveries, by the destination's id. */
  destination(id: string): Locator {
    return this.#window
      .getByRole('region', { name: 'Deliveries' })
      .getByRole('row')
      .filter({ has: this.#window.getByRole('rowheader', { name: new RegExp(`^${id}\\b`) }) })
  }

  async #number(id: string, column: number): Promise<number> {
    const text = await this.destination(id).getByRole('cell').nth(column).innerText()
    return Number(text.replaceAll(',', ''))
  }

  /** Rows not yet confirmed. */
  waiting(id: string): Promise<number> {
    return this.#number(id, 1)
  }

  delivered(id: string): Promise<number> {
    return this.#number(id, 6)
  }

  /** Commits of the twin so far. */
  async commits(): Promise<number> {
    const twin = this.#window.getByRole('region', { name: 'Twin' })
    const text = await twin.locator('.facts-row').filter({ hasText: 'Commits' }).locator('dd').innerText()
    return Number(text.replaceAll(',', ''))
  }
}
