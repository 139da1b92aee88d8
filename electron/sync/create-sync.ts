import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { DestinationState, OutboxFace, OutboxStream } from '../../shared/domain/outbox.ts'
import type { Destination as DestinationSettings } from '../../shared/domain/plant-file.ts'
import type { Clock } from '../../shared/domain/time.ts'
import type { Destination } from './destination.ts'
import { nodeFolderIo, type FolderIo } from './folder-io.ts'
import { FolderDestination } from './folder.ts'
import { MqttDestination } from './mqtt.ts'
import { setAside } from './quarantine.ts'
import { DeliveryWorker, type Quarantined } from './worker.ts'

export interface SyncOptions {
  outbox: OutboxFace
  destinations: readonly DestinationSettings[]
  plantId: string
  clock: Clock
  /** 0 to 1, for jitter. */
  random: () => number
  /** Relative folders are meant from here. */
  dataDir: string
  secrets: (ref: string) => Promise<string | null>
  /** At most ten times a second. */
  onState: (states: DestinationState[]) => void
  /** A row was set aside because its destination will never take it. */
  onQuarantine?: (quarantined: Quarantined) => void
  /** Only tests replace these. */
  folderIo?: FolderIo
  makeDestination?: (settings: DestinationSettings) => Destination
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>
}

export interface DrainResult {
  id: string
  deliveredRows: number
  /** Rows still waiting. */
  depth: number
  error: string | null
}

export interface Sync {
  start(): void
  /** There may be new rows. Cheap; call it after every commit. */
  wake(): void
  stop(): Promise<void>
  /** One attempt for each destination, all it takes; for `millwright sync --once`. */
  drainOnce(): Promise<DrainResult[]>
  states(): DestinationState[]
}

const nearPauseMs = 5000
const farPauseMs = 30_000
/** Objects in a folder: one every 10 s of features at most, 8 640 a day. Labels and acknowledges are wanted sooner. */
const folderLingerMs: Record<OutboxStream, number> = { events: 1000, features: 10_000 }
const stateEveryMs = 100

function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve()
      return
    }
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}

/** Remembers in the data folder that a folder destination was there, with its path. */
function seenMark(dataDir: string, id: string, root: string): { get(): Promise<boolean>; set(): Promise<void> } {
  const file = path.join(dataDir, 'sync', `${id}.seen`)
  let known = false
  return {
    async get() {
      // Within the data folder nothing is mounted: whoever deletes it there wants it made again.
      if (!path.relative(dataDir, root).startsWith('..') && !path.isAbsolute(path.relative(dataDir, root))) return false
      const text = await readFile(file, 'utf8').catch(() => '')
      return text.trim() === root
    },
    async set() {
      if (known) return
      await mkdir(path.dirname(file), { recursive: true })
      await writeFile(file, `${root}\n`)
      known = true
    },
  }
}

function isNear(url: string): boolean {
  const host = URL.parse(url)?.hostname ?? ''
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.')
}

function createDestination(settings: DestinationSettings, options: SyncOptions): Destination | null {
  if (options.makeDestination) return options.makeDestination(settings)
  switch (settings.kind) {
    case 'folder': {
      const root = path.resolve(options.dataDir, settings.path)
      const io = options.folderIo ?? nodeFolderIo
      return new FolderDestination({
        root,
        io,
        random: options.random,
        seen: seenMark(options.dataDir, settings.id, root),
      })
    }
    case 'mqtt':
      return new MqttDestination({
        id: settings.id,
        url: settings.url,
        topic: settings.topic ?? `millwright/${options.plantId}`,
        secret: async () => (settings.secretRef === undefined ? null : options.secrets(settings.secretRef)),
      })
    case 's3':
      return null
  }
}

/** What this version cannot deliver to is shown as paused with the reason, and holds up nobody else. */
function unavailable(settings: DestinationSettings): DestinationState {
  return {
    id: settings.id,
    kind: settings.kind,
    lane: settings.lane,
    state: 'paused',
    depth: 0,
    oldestUs: null,
    rowsPerSecond: 0,
    secondsToEmpty: null,
    lastReceiptUs: null,
    failingSinceUs: null,
    lastError: 'This version does not deliver to S3 yet; use a folder or an MQTT broker.',
    deliveredRows: 0,
  }
}

/** Delivers the outbox to every destination, each at its own pace, at least once, with the effect of once. */
export function createSync(options: SyncOptions): Sync {
  let timer: NodeJS.Timeout | null = null
  const changed = (): void => {
    timer ??= setTimeout(() => {
      timer = null
      options.onState(states())
    }, stateEveryMs)
  }
  const workers = new Map<string, DeliveryWorker>()
  for (const settings of options.destinations) {
    const destination = createDestination(settings, options)
    if (!destination) continue
    const { id, kind, lane } = settings
    const near = kind === 'folder' || (kind === 'mqtt' && isNear(settings.url))
    workers.set(
      id,
      new DeliveryWorker({
        id,
        kind,
        lane,
        destination,
        outbox: options.outbox,
        clock: options.clock,
        random: options.random,
        longestPauseMs: near ? nearPauseMs : farPauseMs,
        lingerMs: kind === 'folder' && lane === 'later' ? folderLingerMs : { events: 0, features: 0 },
        setAside: async (batch, row, reason) => {
          await setAside(options.dataDir, id, batch, row, reason)
          options.onQuarantine?.({ destinationId: id, stream: batch.stream, row, reason })
        },
        sleep: options.sleep ?? sleepFor,
        changed,
      }),
    )
  }
  const states = (): DestinationState[] =>
    options.destinations.map((settings) => workers.get(settings.id)?.state() ?? unavailable(settings))
  const all = [...workers.values()]

  return {
    start() {
      for (const worker of all) worker.start()
      changed()
    },
    wake() {
      for (const worker of all) worker.wake()
    },
    async stop() {
      await Promise.all(all.map((worker) => worker.stop()))
      if (timer) clearTimeout(timer)
      timer = null
      options.onState(states())
    },
    drainOnce: () =>
      Promise.all(
        all.map(async (worker): Promise<DrainResult> => {
          const deliveredRows = await worker.drainOnce()
          const { id, depth, failingSinceUs, lastError } = worker.state()
          return { id, deliveredRows, depth, error: failingSinceUs === null ? null : lastError }
        }),
      ),
    states,
  }
}
