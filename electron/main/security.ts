import { app, type Session, type WebPreferences } from 'electron'
import { appOrigin } from './app-file.ts'
import type { Log } from './log.ts'

/** Preferences of every window. Several are Electron's defaults; written out, a changed default changes nothing here. */
export function securePreferences(preload: string): WebPreferences {
  return {
    preload,
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    spellcheck: false,
    devTools: !app.isPackaged,
    // Live plots of a hidden window stop by credits, not by a timer Chromium slows down.
    backgroundThrottling: true,
  }
}

/** "Copy" buttons write to the clipboard after a click; reading it, and everything else, is denied. */
function granted(permission: string, url: string | undefined): boolean {
  return permission === 'clipboard-sanitized-write' && url?.startsWith(`${appOrigin}/`) === true
}

/** No page may ask for a device, a permission, another address or a download. */
export function hardenSession(session: Session, log: Log): void {
  session.setPermissionRequestHandler((contents, permission, answer) => {
    const yes = granted(permission, contents?.getURL())
    if (!yes) log('main', `permission "${permission}" denied`)
    answer(yes)
  })
  session.setPermissionCheckHandler((contents, permission) => granted(permission, contents?.getURL()))
  session.setDevicePermissionHandler(() => false)
  session.on('will-download', (event) => event.preventDefault())
  session.webRequest.onBeforeRequest((details, answer) => {
    const { protocol } = new URL(details.url)
    const allowed =
      protocol === 'app:' ||
      protocol === 'data:' ||
      protocol === 'blob:' ||
      (protocol === 'devtools:' && !app.isPackaged)
    if (!allowed) log('main', `request to ${details.url.slice(0, 200)} denied`)
    answer({ cancel: !allowed })
  })
}

/** Holds for every web contents that will ever exist, whoever creates it. */
export function hardenContents(log: Log): void {
  app.on('web-contents-created', (_event, contents) => {
    const stay = (event: { preventDefault: () => void }, url: string): void => {
      if (url.startsWith(`${appOrigin}/`)) return
      event.preventDefault()
      log('main', `navigation to ${url.slice(0, 200)} denied`)
    }
    contents.on('will-navigate', stay)
    contents.on('will-redirect', stay)
    contents.on('will-frame-navigate', (event) => stay(event, event.url))
    contents.on('will-attach-webview', (event) => event.preventDefault())
    contents.setWindowOpenHandler(({ url }) => {
      log('main', `new window for ${url.slice(0, 200)} denied`)
      return { action: 'deny' }
    })
  })
}
