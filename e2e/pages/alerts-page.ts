import type { Locator, Page } from '@playwright/test'
import { expect } from '../harness/test.ts'
import { generous } from './app-page.ts'

/** The alert page, driven by its keys: A acknowledges, L labels, digits choose the outcome. */
export class AlertsPage {
  readonly #window: Page
  readonly detail: Locator
  readonly rows: Locator

  constructor(window: Page) {
    this.#window = window
    this.detail = window.getByRole('complementary', { name: 'Details of the chosen alert' })
    this.rows = window.locator('main [role="grid"] [data-row]')
  }

  rowsOf(machine: string): Locator {
    return this.rows.filter({ hasText: machine })
  }

  /** Chooses a row; the keys that follow are meant for it. Answers the occurrence's id. */
  async choose(row: Locator): Promise<string> {
    const id = await row.getAttribute('data-row')
    if (id === null) throw new Error('the row names no occurrence')
    const same = this.#window.locator(`main [data-row="${id}"]`)
    await same.click()
    await expect(same).toBeFocused()
    await expect(this.detail).toBeVisible()
    return id
  }

  /** Waits until the chosen alert stands at alarm: one that still rises wants a second acknowledge. */
  async risen(): Promise<void> {
    await expect(this.detail).toContainText('Alarm limit', generous)
  }

  async acknowledge(comment: string): Promise<void> {
    await this.#window.keyboard.press('a')
    const dialog = this.#window.getByRole('dialog', { name: 'Acknowledge this alert' })
    await expect(dialog.getByLabel('Comment')).toBeFocused()
    await this.#window.keyboard.type(comment)
    await this.#window.keyboard.press('Enter')
    await expect(dialog).toBeHidden()
    await expect(this.detail).toContainText('Acknowledged and stored.')
  }

  /** `digit` is the outcome's key, 1 to 5. */
  async label(digit: string, note: string): Promise<void> {
    await this.#window.keyboard.press('l')
    const dialog = this.#window.getByRole('dialog', { name: 'What did the inspection find?' })
    await expect(dialog).toBeVisible()
    await this.#window.keyboard.press(digit)
    await expect(dialog.getByRole('radio').nth(Number(digit) - 1)).toBeChecked()
    await dialog.getByLabel('Note').fill(note)
    await this.#window.keyboard.press('Control+Enter')
    await expect(dialog).toBeHidden()
    await expect(this.detail).toContainText('Label stored')
  }
}
