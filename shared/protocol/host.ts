import { z } from 'zod'

/**
 * The host's side of the protocol: what main says to the engine, to the simulated plant and to a window about itself.
 * Measurements never pass here; they travel in window frames, which main forwards without looking (messages.ts).
 */

const text = z.string().max(4000)
const windowId = z.int().positive()

// ---- main -> engine, on the child's ipc channel (advanced serialization, so bytes stay bytes) ----

export const hostToEngineSchema = z.discriminatedUnion('t', [
  z.strictObject({
    t: z.literal('start'),
    dataDir: z.string().min(1),
    plantFile: z.string().min(1),
    /** The twin's key, 32 bytes. It crosses here only, never by argument, environment or file. */
    key: z.instanceof(Uint8Array).refine((key) => key.byteLength === 32, 'The key has 32 bytes.'),
    appVersion: z.string(),
    /** Tests that kill the engine ask for a message after each commit: what it proves is in the twin whatever follows. */
    receipts: z.boolean().optional(),
  }),
  /** A frame from window `w`, as it came. */
  z.strictObject({ t: z.literal('window'), w: windowId, m: z.unknown() }),
  /** `user` stands in every acknowledgement, label and change made through the window. */
  z.strictObject({ t: z.literal('window-open'), w: windowId, user: z.string().max(128).optional() }),
  z.strictObject({ t: z.literal('window-closed'), w: windowId }),
  z.strictObject({ t: z.literal('ping'), n: z.int() }),
  z.strictObject({ t: z.literal('stop') }),
])
export type HostToEngine = z.infer<typeof hostToEngineSchema>

// ---- engine -> main ----

export const engineToHostSchema = z.discriminatedUnion('t', [
  z.looseObject({ t: z.literal('ready') }),
  /** A state change worth a log line; `event` and `detail` as the command line prints them. */
  z.looseObject({ t: z.literal('event'), event: z.string().max(64), detail: z.unknown().optional() }),
  z.strictObject({ t: z.literal('window'), w: windowId, m: z.unknown() }),
  z.strictObject({ t: z.literal('pong'), n: z.int() }),
  /** The engine cannot go on and says why; it exits next. `retry` false: starting it again cannot help. */
  z.strictObject({ t: z.literal('fatal'), message: text, retry: z.boolean().optional() }),
  /** The plant file now names a folder the permission model does not grant: start me again with it. */
  z.strictObject({ t: z.literal('restart'), reason: text }),
  z.strictObject({ t: z.literal('stopped') }),
  /** Only when asked for at start: one committed tick, and how it ended for each of its points. */
  z.strictObject({
    t: z.literal('receipt'),
    number: z.int(),
    points: z.array(z.strictObject({ key: z.int(), count: z.int(), lastUs: z.number(), lastValue: z.number() })),
    features: z.int(),
  }),
])
export type EngineToHost = z.infer<typeof engineToHostSchema>

// ---- simulated plant <-> main, on its ipc channel ----

export const plantToHostSchema = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('ready'),
    endpointUrl: z.string().startsWith('opc.tcp://'),
    /** A millwright/plant@1 object; the engine validates it in full when it reads the file. */
    plant: z.record(z.string(), z.unknown()).optional(),
  }),
  /** Every second, and after each change. */
  z.looseObject({
    type: z.literal('state'),
    wan: z.boolean(),
    scenario: z.string(),
    speedUp: z.number(),
    hours: z.number(),
    severity: z.number(),
  }),
  z.looseObject({ type: z.literal('refused'), message: text }),
])
export type PlantToHost = z.infer<typeof plantToHostSchema>

export const plantScenarioSchema = z.strictObject({
  name: z.string().min(1).max(64),
  /** How many times faster than life the damage grows. */
  speedUp: z.number().min(0).max(1e6).optional(),
})
export type PlantScenario = z.infer<typeof plantScenarioSchema>

export type HostToPlant = { type: 'wan'; on: boolean } | ({ type: 'scenario' } & PlantScenario) | { type: 'stop' }

// ---- main <-> window (preload's bridge) ----

/** A page that stands alone, to be saved as it is or printed. `name` is a file name without folder and ending. */
export const reportDocumentSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9._-]{1,120}$/),
  html: z.string().min(1).max(8_000_000),
  format: z.enum(['pdf', 'html']),
})
export type ReportDocument = z.infer<typeof reportDocumentSchema>

/** What the supervisor of the engine is doing, for the window's banner. */
export type EngineState =
  | { state: 'starting'; attempt: number }
  | { state: 'ready'; pid: number; restarts: number }
  /** The engine ended or hung; it is started again at `retryInMs` from now. Open a new port at the next `ready`. */
  | { state: 'restarting'; reason: string; attempt: number; retryInMs: number }
  /** Given up. `retryEngine()` starts over. */
  | { state: 'failed'; reason: string }
  | { state: 'stopping' }
  | { state: 'stopped' }

/** What the simulated plant plays: the scenario, hours of machine life since it began, and the worst severity, 0 to 1. */
export interface PlantStory {
  scenario: string
  speedUp: number
  hours: number
  severity: number
}

export type PlantState =
  /** A real plant: no simulator runs. */
  | { state: 'none' }
  | { state: 'starting' }
  | { state: 'ready'; endpointUrl: string; wanOn: boolean; story?: PlantStory }
  | { state: 'failed'; reason: string }

export interface HostState {
  t: 'engine'
  engine: EngineState
  plant: PlantState
}

export interface HostFacts {
  /** Who is logged in to the workstation; stands in every acknowledgement, label and change. */
  user: string
  appVersion: string
  /** Which Electron this is; `fallback` is the older one for development where the pinned one cannot be downloaded. */
  runtime: { electron: string; chrome: string; node: string; fallback: boolean }
  platform: string
  packaged: boolean
  dataDir: string
  plantFile: string
  simulated: boolean
  /** Where the twin's key is kept, with a sentence for the operator. */
  key: { protection: 'vault' | 'key-file'; note: string }
  /** False when Chromium's process sandbox is off (started as root); `sandboxNote` says why. */
  chromiumSandbox: boolean
  sandboxNote: string | undefined
}

/** Channels of the bridge. Every handler checks the sender and parses its arguments (electron/main/guarded-ipc.ts). */
export const hostChannels = {
  connect: 'host:connect',
  port: 'host:port',
  facts: 'host:facts',
  getState: 'host:get-state',
  state: 'host:state',
  setWan: 'host:set-wan',
  setScenario: 'host:set-scenario',
  retryEngine: 'host:retry-engine',
  saveFile: 'host:save-file',
  quit: 'host:quit',
  saveReport: 'host:save-report',
} as const

/** Endings of files a window may ask to save. */
export const savedEndings = ['csv', 'wav', 'uff', 'png', 'svg'] as const
export const savedNameLength = 160

export const nonceSchema = z.string().min(8).max(64)

/** The window's `message` event that brings a port: `event.ports[0]`, only if the nonce is the one given to connect(). */
export const portMessageType = 'millwright:port'
export interface PortMessage {
  type: typeof portMessageType
  nonce: string
}

/** `window.millwright`, the only thing preload exposes. */
export interface MillwrightBridge {
  /**
   * Asks for a MessagePort to the engine. It arrives as a `message` event on `window` (data: PortMessage, one port)
   * that carries the same nonce; a second connect() closes the first port. Refused while the engine is not ready.
   */
  connect(nonce: string): Promise<void>
  host: {
    facts(): Promise<HostFacts>
    state(): Promise<HostState>
    /** Calls back at every change (not with the present state: ask state() first). Answers how to stop listening. */
    onState(callback: (state: HostState) => void): () => void
    /** The simulated plant's WAN switch. */
    setWan(on: boolean): Promise<void>
    setScenario(scenario: PlantScenario): Promise<void>
    /** Starts the engine again after the supervisor gave up. */
    retryEngine(): Promise<void>
    /** Asks where to save and saves; the name it got, or null when the person changed their mind. */
    saveFile(name: string, bytes: Uint8Array): Promise<string | null>
    /** Asks the operator, then stops acquisition and quits. */
    quit(): Promise<void>
    /** Asks where to, writes the document there and answers the file's name; null when the person cancelled. */
    saveReport(document: ReportDocument): Promise<string | null>
  }
}
