import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ElectronApplication, Page } from '@playwright/test'
import { z } from 'zod'
import { root } from '../harness/runtime.ts'
import { expect } from '../harness/test.ts'

const themes = ['dark', 'light'] as const
const sizes = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
] as const

/** A fault that lasts: a page in the middle of a change may show one for a moment. */
const softly = expect.configure({ soft: true })

const script = readFileSync(join(import.meta.dirname, 'page-faults.script.js'), 'utf8')
const sentences = z.array(z.string())

/** Where the focus is, and whether it can be seen: an outline, a shadow, or the caret of a text field. */
const focusScript = `(() => {
  const element = document.activeElement
  if (!element || element === document.body) return ''
  const shows = (at) => {
    const style = getComputedStyle(at)
    return (style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none'
  }
  const isText = element.matches('textarea, input:not([type]), input[type="text"], input[type="search"], input[type="password"]')
  if (isText || shows(element) || (element.closest('label') && shows(element.closest('label')))) return ''
  return element.outerHTML.slice(0, 120)
})()`

/** Looks at what is on screen in both themes and two sizes, and keeps a picture where MILLWRIGHT_SCREENSHOTS asks for it. */
export class Inspector {
  readonly #app: ElectronApplication
  readonly #window: Page
  readonly #folder = process.env['MILLWRIGHT_SCREENSHOTS'] === undefined ? null : join(root, 'docs', 'screenshots')
  /** What the page wrote as an error since the start. */
  readonly errors: string[] = []

  constructor(app: ElectronApplication, window: Page) {
    this.#app = app
    this.#window = window
    window.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text())
    })
    window.on('pageerror', (error) => this.errors.push(String(error)))
  }

  /** `ready`: what must be there before a look counts, asked after each change of theme or size. */
  async look(name: string, ready?: () => Promise<void>): Promise<void> {
    for (const theme of themes) {
      await this.#choose(theme)
      for (const size of sizes) {
        await this.#resize(size)
        await ready?.()
        const where = `${name}, ${theme}, ${size.width}x${size.height}`
        // Soft: one run lists the faults of all pages.
        await softly
          .poll(async () => sentences.parse(await this.#window.evaluate(script)), { message: where, timeout: 3000 })
          .toEqual([])
        if (this.#folder !== null) {
          const path = join(this.#folder, `${name}-${theme}-${size.width}.png`)
          await this.#window.screenshot({ path, animations: 'disabled' })
        }
      }
    }
    expect(this.errors, name).toEqual([])
  }

  /** Walks a few stops by Tab; each must show where the focus is. */
  async tab(stops: number): Promise<void> {
    for (let stop = 0; stop < stops; stop++) {
      await this.#window.keyboard.press('Tab')
      expect(await this.#window.evaluate(focusScript)).toBe('')
    }
  }

  async #choose(theme: (typeof themes)[number]): Promise<void> {
    // By script, since the palette and every dialog are modal and would hold back a click on the header.
    const pressed = `(() => {
      if (document.documentElement.dataset.theme === ${JSON.stringify(theme)}) return true
      document.querySelector('header button[aria-label^="Theme:"]').click()
      return false
    })()`
    await expect.poll(() => this.#window.evaluate(pressed)).toBe(true)
  }

  async #resize(size: { width: number; height: number }): Promise<void> {
    await this.#app.evaluate(({ BrowserWindow }, { width, height }) => {
      BrowserWindow.getAllWindows()[0]?.setContentSize(width, height)
    }, size)
    await expect.poll(() => this.#window.evaluate('[innerWidth, innerHeight]')).toEqual([size.width, size.height])
    // Two frames: layout observers answer in the first, what they changed is painted by the second.
    await this.#window.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
  }
}
