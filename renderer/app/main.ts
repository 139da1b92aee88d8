import { createElement, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { bridge } from '../bridge/bridge.ts'
import { browser } from '../bridge/browser.ts'
import { connectionStore } from '../bridge/connection-store.ts'
import { meter } from '../charts/index.ts'
import { startAccess } from '../stores/access.ts'
import { startClock } from '../stores/clock.ts'
import { startFeeds } from '../stores/feeds.ts'
import { startRouter } from '../stores/router.ts'
import { startTheme } from '../stores/theme.ts'
import { toast } from '../stores/toasts.ts'
import { t } from '../ui/index.ts'
import { App } from './App.tsx'

const root = document.querySelector('#root')
if (!root) throw new Error('index.html has no element #root')

startTheme()
startRouter()
startClock()
bridge.connect({
  describe: (code) => t(`failure.${code}`),
  onHostError: (error) => toast('failed', error instanceof Error ? error.message : String(error)),
})
startFeeds()
startAccess()
// `bench live` reads the drawing counters here; a packaged application has no such door.
const stopWaiting = connectionStore.subscribe(({ facts }) => {
  if (!facts) return
  stopWaiting()
  if (facts.packaged) return
  browser.exposeForTests('millwrightMeter', meter)
  browser.exposeForTests('millwrightBridge', bridge)
})
const view = createRoot(root)
const show = (): void => view.render(createElement(StrictMode, null, createElement(App)))
// Canvas text is drawn once with whatever font is there, so the fonts come first; they lie beside the page.
const fonts = ['400 14px "Source Sans 3"', '600 14px "Source Sans 3"', '400 12px "IBM Plex Mono"']
Promise.all(fonts.map((font) => document.fonts.load(font))).then(show, show)
