import type { Locator, Page } from '@playwright/test'

export class OverviewPage {
  readonly tiles: Locator
  /** Machines whose data are stale, missing or were never there. */
  readonly blind: Locator

  constructor(window: Page) {
    this.tiles = window.locator('main [data-tile]')
    this.blind = window.locator('main .tile-blind')
  }

  tile(assetId: string): Locator {
    return this.tiles.and(this.tiles.page().locator(`[data-tile="${assetId}"]`))
  }

  age(assetId: string): Locator {
    return this.tile(assetId).locator('.tile-age')
  }

  /** Share of the alarm limit, from live values. */
  share(assetId: string): Locator {
    return this.tile(assetId).locator('.tile-share')
  }
}
