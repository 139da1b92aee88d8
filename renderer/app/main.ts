import { createElement, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { bridge } from '../bridge/bridge.ts'
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
createRoot(root).render(createElement(StrictMode, null, createElement(App)))
