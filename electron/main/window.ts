import { BrowserWindow, nativeTheme, session } from 'electron'
import { appUrl } from './app-file.ts'
import { serveApp } from './app-protocol.ts'
import type { Log } from './log.ts'
import { RestartPolicy } from './restart-policy.ts'
import { hardenSession, securePreferences } from './security.ts'
import { text } from './text.ts'

export interface WindowOptions {
  rendererDir: string
  preload: string
  icon: string
  hidden: boolean
  log: Log
  /** Asked at each close: false hides the window and acquisition goes on. */
  mayClose: () => boolean
}

/** The session is prepared before the first window: its handlers hold for every page. */
export function prepareSession(rendererDir: string, log: Log): void {
  hardenSession(session.defaultSession, log)
  serveApp(session.defaultSession, rendererDir)
}

export function openWindow(options: WindowOptions): BrowserWindow {
  const { log } = options
  const window = new BrowserWindow({
    width: 1440,
    height: 900,
    minWidth: 1024,
    minHeight: 680,
    show: false,
    title: text('app.name'),
    icon: options.icon,
    autoHideMenuBar: true,
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#1d1f21' : '#d4d6d7',
    webPreferences: securePreferences(options.preload),
  })
  window.once('ready-to-show', () => {
    if (!options.hidden) window.show()
  })
  window.on('close', (event) => {
    if (options.mayClose()) return
    event.preventDefault()
    window.hide()
    log('main', 'window closed; acquisition goes on in the tray')
  })
  const reloads = new RestartPolicy([500, 2000, 5000], 5, 10 * 60_000)
  window.webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
    log('main', `the window's process ended (${reason}, ${exitCode})`)
    const next = reloads.next(Date.now())
    if (next && reason !== 'clean-exit') {
      setTimeout(() => {
        if (!window.isDestroyed()) void load(window, log)
      }, next.delayMs)
    }
  })
  void load(window, log)
  return window
}

async function load(window: BrowserWindow, log: Log): Promise<void> {
  try {
    await window.loadURL(appUrl)
  } catch (error) {
    log('main', `the window could not be loaded: ${error instanceof Error ? error.message : String(error)}`)
  }
}
