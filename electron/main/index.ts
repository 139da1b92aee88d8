import { join } from 'node:path'
import { app, dialog, Menu } from 'electron'
import { registerAppScheme } from './app-protocol.ts'
import { parseOptions, type Options } from './options.ts'
import { hardenContents } from './security.ts'
import { Shell } from './shell.ts'
import { text } from './text.ts'

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`${text('start.failed')}: ${message}\n`)
  // A box nobody can press would keep a headless start from ever ending.
  const headless = process.argv.some((arg) => arg.startsWith('--capture')) || process.env['CI'] !== undefined
  if (app.isReady() && !headless) dialog.showErrorBox(text('start.failed'), message)
  app.exit(1)
}

function readOptions(): Options | undefined {
  try {
    return parseOptions(process.argv.slice(1), process.cwd())
  } catch (error) {
    fail(error)
    return undefined
  }
}

function start(options: Options): void {
  // One twin has one owner, so the lock goes with the data folder: Chromium keeps it in userData.
  if (options.data !== undefined) app.setPath('userData', join(options.data, 'window'))
  if (!app.requestSingleInstanceLock()) {
    process.stderr.write('Millwright is already running with this data folder; its window comes to the front.\n')
    app.exit(0)
    return
  }
  registerAppScheme()
  Menu.setApplicationMenu(null)
  const shell = new Shell(options, options.data ?? join(app.getPath('userData'), 'twin'))
  hardenContents(shell.log)
  app.on('second-instance', () => shell.show())
  app.on('activate', () => shell.show())
  // Closing the window keeps acquiring; without a listener Electron would quit.
  app.on('window-all-closed', () => undefined)
  app.on('before-quit', (event) => {
    if (shell.quitting) return
    event.preventDefault()
    void shell.quit(true)
  })
  void run(shell)
}

async function run(shell: Shell): Promise<void> {
  try {
    shell.begin()
    await app.whenReady()
    // Registered now, because Chromium installs its own handlers for these just before.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void shell.quit(false))
    shell.open()
  } catch (error) {
    await shell.abandon()
    fail(error)
  }
}

const options = readOptions()
if (options) start(options)
