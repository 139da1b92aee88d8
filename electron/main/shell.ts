import { existsSync, mkdirSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { app, dialog, MessageChannelMain, safeStorage, type BrowserWindow, type WebContents } from 'electron'
import { z } from 'zod'
import {
  hostChannels,
  nonceSchema,
  plantScenarioSchema,
  reportDocumentSchema,
  type HostFacts,
  type HostState,
} from '../../shared/protocol/host.ts'
import { captureInto } from './capture.ts'
import { EngineSupervisor } from './engine-supervisor.ts'
import { GuardedIpc } from './guarded-ipc.ts'
import { openKey, type TwinKey, type Vault } from './key.ts'
import { engineLaunch, plantLaunch } from './launch.ts'
import { openLog, type Log, type LogFile } from './log.ts'
import type { Options } from './options.ts'
import { bringUpToDate } from './plant-file.ts'
import { PlantSupervisor } from './plant-supervisor.ts'
import { Pump } from './pump.ts'
import { saveArguments, saveFile } from './save-file.ts'
import { text } from './text.ts'
import { saveReport } from './report-file.ts'
import { createTray } from './tray.ts'
import { openWindow, prepareSession } from './window.ts'

declare const MILLWRIGHT_VERSION: string
declare const MILLWRIGHT_ELECTRON_PINNED: string

const vault: Vault = {
  // On Linux Chromium's "basic_text" backend encrypts with a password everyone knows: that is no vault.
  available: () =>
    safeStorage.isEncryptionAvailable() &&
    (process.platform !== 'linux' || !['basic_text', 'unknown', undefined].includes(storageBackend())),
  encrypt: (plain) => safeStorage.encryptString(plain),
  decrypt: (sealed) => safeStorage.decryptString(sealed),
}

function storageBackend(): string | undefined {
  // Older Electron (the fallback runtime) has no such question; without an answer the vault is not trusted.
  return typeof safeStorage.getSelectedStorageBackend === 'function'
    ? safeStorage.getSelectedStorageBackend()
    : undefined
}

/** Wires the parts of the shell together: it decides nothing about measurements and holds none. */
export class Shell {
  readonly dataDir: string
  readonly log: Log
  readonly #logFile: LogFile
  readonly #options: Options
  readonly #appRoot = app.getAppPath()
  readonly #plantFile: string
  readonly #engine: EngineSupervisor
  readonly #plant: PlantSupervisor | undefined
  readonly #pump: Pump
  #key: TwinKey | undefined
  #window: BrowserWindow | undefined
  #connections = new Map<number, number>()
  #quitting: 'no' | 'asking' | 'stopping' | 'done' = 'no'

  constructor(options: Options, dataDir: string) {
    this.#options = options
    this.dataDir = dataDir
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    this.#logFile = openLog(join(dataDir, 'logs'))
    this.log = this.#logFile.log
    this.#plantFile = options.plant ?? join(dataDir, 'plant.json')
    const scripts = this.#scripts()
    this.#engine = new EngineSupervisor({
      log: this.log,
      launch: () =>
        engineLaunch({
          appRoot: this.#appRoot,
          dataDir,
          plantFile: this.#plantFile,
          script: join(scripts, 'engine.js'),
        }),
      start: () => {
        if (!this.#key) throw new Error('The engine was started before its key was opened.')
        return { dataDir, plantFile: this.#plantFile, key: this.#key.key, appVersion: MILLWRIGHT_VERSION }
      },
    })
    this.#pump = new Pump((message) => this.#engine.send(message))
    if (options.plant === undefined) {
      this.#plant = new PlantSupervisor({
        log: this.log,
        launch: (port) =>
          plantLaunch({
            appRoot: this.#appRoot,
            dataDir,
            port,
            broker: options.broker,
            script: join(scripts, 'plant.js'),
          }),
      })
    }
  }

  /** The built engine; an unpackaged build may be pointed at another one by its tests. */
  #scripts(): string {
    const other = app.isPackaged ? undefined : process.env['MILLWRIGHT_ENGINE_DIR']
    return other ?? join(this.#appRoot, 'out', 'engine')
  }

  /** What can begin before Electron is ready: the simulated plant takes the longest. */
  begin(): void {
    this.log(
      'main',
      `Millwright ${MILLWRIGHT_VERSION} on Electron ${process.versions.electron}, data in ${this.dataDir}`,
    )
    this.#plant?.on('state', () => this.#tell())
    this.#plant?.on('ready', ({ plant }) => {
      if (plant && bringUpToDate(this.#plantFile, plant)) this.log('main', `plant file written: ${this.#plantFile}`)
      this.#startEngine()
    })
    this.#plant?.start()
  }

  open(): void {
    if (this.#options.plant !== undefined && !existsSync(this.#options.plant)) {
      throw new Error(text('start.noPlant', { file: this.#options.plant }))
    }
    this.#key = openKey(this.dataDir, vault)
    this.log('main', this.#key.facts.note)
    const rendererDir = join(this.#appRoot, 'out', 'renderer')
    const icon = (name: string): string => join(this.#appRoot, 'resources', 'icons', name)
    prepareSession(rendererDir, this.log)
    this.#listen()
    this.#window = openWindow({
      rendererDir,
      icon: icon('icon.png'),
      preload: join(this.#appRoot, 'out', 'preload', 'index.cjs'),
      hidden: this.#options.hidden,
      log: this.log,
      mayClose: () => this.#quitting === 'done' || this.#quitting === 'stopping',
    })
    const showTray = createTray({ icon: icon('tray.png'), open: () => this.show(), quit: () => app.quit() }, this.log)
    this.#engine.on('window', (w, m) => this.#pump.toWindow(w, m))
    this.#engine.on('event', ({ event, detail }) =>
      this.log('engine', `${event} ${detail === undefined ? '' : JSON.stringify(detail)}`),
    )
    this.#engine.on('state', (state) => {
      this.log('main', `engine ${state.state}${'reason' in state ? `: ${state.reason}` : ''}`)
      if (state.state !== 'ready') this.#pump.closeAll()
      showTray(state)
      this.#tell()
    })
    if (this.#options.capture !== undefined) {
      const ready = new Promise<void>((resolve) => {
        this.#engine.on('state', ({ state }) => {
          if (state === 'ready') resolve()
        })
      })
      captureInto(this.#options.capture, this.#window, ready, (line) => process.stdout.write(`${line}\n`))
    }
    this.#startEngine()
  }

  show(): void {
    if (!this.#window) return
    if (this.#window.isMinimized()) this.#window.restore()
    this.#window.show()
    this.#window.focus()
  }

  /** Needs its key, and its plant file: the operator's own, or the one the simulated plant has described. */
  #startEngine(): void {
    const plantReady = this.#plant === undefined || this.#plant.state.state === 'ready'
    if (this.#key && plantReady && this.#quitting === 'no') this.#engine.start()
  }

  #state(): HostState {
    return { t: 'engine', engine: this.#engine.state, plant: this.#plant?.state ?? { state: 'none' } }
  }

  #tell(): void {
    if (this.#window && !this.#window.isDestroyed()) this.#window.webContents.send(hostChannels.state, this.#state())
  }

  #facts(): HostFacts {
    if (!this.#key) throw new Error('The key is not open yet.')
    const sandbox = !app.commandLine.hasSwitch('no-sandbox')
    const root = process.getuid?.() === 0
    return {
      user: userInfo().username,
      appVersion: MILLWRIGHT_VERSION,
      runtime: {
        electron: process.versions.electron,
        chrome: process.versions['chrome'] ?? '',
        node: process.versions.node,
        fallback: process.versions.electron !== MILLWRIGHT_ELECTRON_PINNED,
      },
      platform: process.platform,
      packaged: app.isPackaged,
      dataDir: this.dataDir,
      plantFile: this.#plantFile,
      simulated: this.#plant !== undefined,
      key: this.#key.facts,
      chromiumSandbox: sandbox,
      sandboxNote: sandbox ? undefined : text(root ? 'sandbox.root' : 'sandbox.off'),
    }
  }

  #listen(): void {
    const ipc = new GuardedIpc(
      (contents) => contents === this.#window?.webContents,
      (channel, why) => this.log('main', `refused ${channel}: ${why}`),
    )
    const none = z.tuple([])
    ipc.handle(hostChannels.connect, z.tuple([nonceSchema]), (sender, nonce) => this.#connect(sender, nonce))
    ipc.handle(hostChannels.facts, none, () => this.#facts())
    ipc.handle(hostChannels.getState, none, () => this.#state())
    ipc.handle(hostChannels.setWan, z.tuple([z.boolean()]), (_sender, on) => this.#simulated().setWan(on))
    ipc.handle(hostChannels.setScenario, z.tuple([plantScenarioSchema]), (_sender, scenario) =>
      this.#simulated().setScenario(scenario),
    )
    ipc.handle(hostChannels.retryEngine, none, () => this.#engine.start())
    ipc.handle(hostChannels.saveFile, saveArguments, (_sender, name, bytes) => saveFile(this.#window, name, bytes))
    ipc.handle(hostChannels.quit, none, () => app.quit())
    ipc.handle(hostChannels.saveReport, z.tuple([reportDocumentSchema]), (_sender, document) =>
      saveReport(this.#window, document, this.log),
    )
  }

  #simulated(): PlantSupervisor {
    if (!this.#plant) throw new Error('No simulated plant runs: a plant file was opened.')
    return this.#plant
  }

  #connect(sender: WebContents, nonce: string): void {
    if (this.#engine.state.state !== 'ready') throw new Error('The engine is not ready.')
    const former = this.#connections.get(sender.id)
    if (former !== undefined) this.#pump.close(former)
    const { port1, port2 } = new MessageChannelMain()
    this.#connections.set(sender.id, this.#pump.open(port1, userInfo().username))
    sender.postMessage(hostChannels.port, { nonce }, [port2])
  }

  /** Quitting stops acquisition, so it is asked; `ask` is false for a signal from the system. Answers whether it quits. */
  async quit(ask: boolean): Promise<void> {
    if (this.#quitting !== 'no') return
    this.#quitting = 'asking'
    if (ask && !(await this.#confirmed())) {
      this.#quitting = 'no'
      return
    }
    this.#quitting = 'stopping'
    this.log('main', 'stopping: the engine first, then the simulated plant')
    await this.#engine.stop()
    await this.#plant?.stop()
    this.log('main', 'stopped')
    await this.#logFile.flush()
    this.#quitting = 'done'
    app.exit(0)
  }

  /** For a start that failed: leaves no child behind. */
  async abandon(): Promise<void> {
    this.#quitting = 'done'
    await Promise.all([this.#engine.stop(), this.#plant?.stop()])
    await this.#logFile.flush()
  }

  get quitting(): boolean {
    return this.#quitting === 'done'
  }

  async #confirmed(): Promise<boolean> {
    if (!app.isPackaged && process.env['MILLWRIGHT_QUIT_WITHOUT_ASKING'] === '1') return true
    const detail = [
      text('quit.detail', { folder: this.dataDir }),
      ...(this.#plant ? [text('quit.detailSimulated')] : []),
    ]
    const question = {
      type: 'warning' as const,
      title: text('quit.title'),
      message: text('quit.message'),
      detail: detail.join('\n'),
      buttons: [text('quit.cancel'), text('quit.confirm')],
      defaultId: 0,
      cancelId: 0,
    }
    const visible = this.#window?.isVisible() ? this.#window : undefined
    const { response } = visible
      ? await dialog.showMessageBox(visible, question)
      : await dialog.showMessageBox(question)
    return response === 1
  }
}
