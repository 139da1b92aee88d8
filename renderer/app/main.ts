import { createElement, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { bridge } from '../bridge/bridge.ts'
import { browser } from '../bridge/browser.ts'
import { connectionStore } from '../bridge/connection-store.ts'
import { meter } from '../charts/index.ts'
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
// `bench live` reads the drawing counters here; a packaged application has no such door.
const stopWaiting = connectionStore.subscribe(({ facts }) => {
  if (!facts) return
  stopWaiting()
  if (!facts.packaged) browser.exposeForTests('millwrightMeter', meter)
})
createRoot(root).render(createElement(StrictMode, null, createElement(App)))
