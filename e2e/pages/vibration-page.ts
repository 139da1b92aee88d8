import type { Locator, Page } from '@playwright/test'
import { z } from 'zod'

export interface Painted {
  /** Pixels with a hue, which are the curve's; grid, axes and an empty canvas have none. */
  series: number
  /** Changes with the picture. */
  hash: number
}

const painted = z.object({ series: z.number(), hash: z.number() })

export class VibrationPage {
  readonly #window: Page

  constructor(window: Page) {
    this.#window = window
  }

  plot(name: string): Locator {
    return this.#window.getByRole('region', { name, exact: true })
  }

  mark(name: string): Locator {
    return this.plot(name).locator('[data-part="mark"]')
  }

  /** The point in the list on the left, by its id. */
  point(pointId: string): Locator {
    return this.#window.locator(`.point-name[title="${pointId}"]`)
  }

  get findings(): Locator {
    return this.#window.getByRole('complementary', { name: 'Findings' })
  }

  /** What is on the canvas of a plot, read from its pixels. */
  async painted(name: string): Promise<Painted> {
    const script = `(() => {
      const plot = [...document.querySelectorAll('section.plot')]
        .find((section) => section.getAttribute('aria-label') === ${JSON.stringify(name)})
      const canvas = plot?.querySelector('canvas')
      if (!canvas) return { series: 0, hash: 0 }
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
      let series = 0
      let hash = 0
      for (let at = 0; at < data.length; at += 4) {
        const [red, green, blue, alpha] = data.subarray(at, at + 4)
        // Grid, axes and words are grey: what has a hue is the curve, its soft edges included.
        if (alpha > 64 && Math.max(red, green, blue) - Math.min(red, green, blue) > 30) series++
        hash = (Math.imul(hash, 31) + (red << 16) + (green << 8) + blue) | 0
      }
      return { series, hash }
    })()`
    return painted.parse(await this.#window.evaluate(script))
  }
}
