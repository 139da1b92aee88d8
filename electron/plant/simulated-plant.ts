import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PlantFile } from '../../shared/domain/plant-file.ts'
import {
  counterContent,
  loadId,
  machineContent,
  replayContent,
  scalarId,
  scalarPeriodMs,
  scalarRange,
  waveContent,
  waveId,
  type PlantContent,
} from './content.ts'
import { counterFeeds, replayFeed, scalarFeed, waveformFeed, type Feed } from './feeds.ts'
import { blockSamples, machines, type MachineSpec } from './machines.ts'
import { createPlantClock } from './plant-clock.ts'
import { generatePlantFile } from './plant-file.ts'
import { startPlantServer, type PlantServer } from './plant-server.ts'
import { processValue, scalarKindInfo } from './process-values.ts'
import { openReplay, type ReplayChannel } from './replay.ts'
import { createStory, type Story, type StoryState } from './story.ts'
import { hash32, hashText } from './signal/random.ts'
import { runStates } from './signal/speed.ts'
import { openWan, type Wan } from './wan.ts'
import { createWaveRing, waveRateHz } from './waves.ts'
import { machineById, type ScenarioName } from './scenarios.ts'

export interface SimulatedPlantOptions {
  port: number
  seed: number
  /** null: no machines, only what the other options ask for. */
  scenario: ScenarioName | null
  speedUp: number
  /** Counters and plain channels for load tests. */
  counters: number
  waveforms: number
  /** Updates per second of every scalar; null leaves each at its own rate (counters: 10). */
  rateHz: number | null
  replay: { indexFile: string; recordIds: readonly string[]; speedUp: number } | null
  /** PKI folder; a temporary one, removed at the end, when not given. */
  pkiDir?: string | undefined
  broker?: string | undefined
  cloudDir?: string | undefined
}

export interface PlantState extends StoryState {
  wan: boolean
  sessions: number
  /** Blocks and values left out because the process stood still. */
  skipped: number
}

export interface SimulatedPlant {
  endpointUrl: string
  plantFile(): PlantFile
  state(): PlantState
  setScenario(name: ScenarioName, speedUp?: number): void
  setWan(on: boolean): void
  stop(): Promise<void>
}

/** Resolution of all feeds. Values leave up to this late; their source times are exact. */
const timerMs = 10
const defaultCounterRateHz = 10

export async function startSimulatedPlant(options: SimulatedPlantOptions): Promise<SimulatedPlant> {
  const { replay } = options
  // Read first: a wrong index must fail before anything listens.
  const channels = replay === null ? [] : openReplay(replay.indexFile, replay.recordIds, replay.speedUp)
  const ownPki = options.pkiDir === undefined ? mkdtempSync(join(tmpdir(), 'millwright-plant-pki-')) : null
  const wan = await openWan({ broker: options.broker, cloudDir: options.cloudDir })
  const server = await startPlantServer({ port: options.port, pkiDir: options.pkiDir ?? ownPki ?? tmpdir() })
  const clock = createPlantClock()
  const t0Us = clock.nowUs()
  const story = createStory(options.scenario ?? 'healthy', options.speedUp, options.seed)
  const secondsNow = (): number => (clock.nowUs() - t0Us) / 1e6
  const parts = buildParts(server, options, channels, story, t0Us)
  const timer = setInterval(() => {
    const nowUs = clock.nowUs()
    for (const feed of parts.feeds) feed.pump(nowUs)
    parts.alarms?.(story.state(secondsNow()))
  }, timerMs)
  return {
    endpointUrl: server.endpointUrl,
    plantFile: () =>
      generatePlantFile(parts.contents, {
        endpointUrl: server.endpointUrl,
        brokerUrl: wan.brokerUrl,
        cloudDir: options.cloudDir,
      }),
    state: () => ({
      ...story.state(secondsNow()),
      wan: wan.on(),
      sessions: server.sessions(),
      skipped: parts.feeds.reduce((sum, feed) => sum + feed.skipped(), 0),
    }),
    setScenario: (name, speedUp) => story.change(name, speedUp ?? options.speedUp, secondsNow()),
    setWan: (on) => wan.set(on),
    stop: () => stopAll(timer, server, wan, channels, ownPki),
  }
}

async function stopAll(
  timer: NodeJS.Timeout,
  server: PlantServer,
  wan: Wan,
  channels: readonly ReplayChannel[],
  ownPki: string | null,
): Promise<void> {
  clearInterval(timer)
  for (const channel of channels) channel.close()
  await wan.close()
  await server.stop()
  if (ownPki !== null) rmSync(ownPki, { recursive: true, force: true })
}

interface Parts {
  contents: PlantContent[]
  feeds: Feed[]
  /** Makes the server's own alarms follow the story; null without machines. */
  alarms: ((state: StoryState) => void) | null
}

function buildParts(
  server: PlantServer,
  options: SimulatedPlantOptions,
  channels: readonly ReplayChannel[],
  story: Story,
  t0Us: number,
): Parts {
  const parts: Parts = { contents: [], feeds: [], alarms: null }
  if (options.scenario !== null) {
    addMachines(parts, server, options, story, t0Us)
    parts.alarms = server.addAlarms((id) => machineById(id)?.name ?? id)
  }
  if (options.counters > 0) addCounters(parts, server, options, t0Us)
  if (options.waveforms > 0) addWaves(parts, server, options, t0Us)
  if (channels.length > 0) addReplay(parts, server, channels, t0Us)
  return parts
}

function addMachines(
  parts: Parts,
  server: PlantServer,
  options: SimulatedPlantOptions,
  story: Story,
  t0Us: number,
): void {
  parts.contents.push(machineContent(options.rateHz))
  const all = machines.flatMap((machine) => machine.waveforms)
  for (const machine of machines) {
    const parent = server.addFolder(null, machine.id, machine.name)
    for (const point of machine.waveforms) {
      // Spread over one block, so that eight sensors do not deliver in the same millisecond.
      const blockUs = (blockSamples / point.sampleRateHz) * 1e6
      const offsetUs = Math.round((all.indexOf(point) * blockUs) / all.length)
      const writer = server.variables.addWaveform({
        parent,
        id: point.id,
        name: point.name,
        unit: 'g',
        range: [-50, 50],
        periodMs: blockUs / 1000,
        blockSize: blockSamples,
        sampleRateHz: point.sampleRateHz,
      })
      const render = (k: number): Float32Array => story.block(machine, point, offsetUs / 1e6, k)
      const { sampleRateHz } = point
      parts.feeds.push(waveformFeed({ writer, t0Us: t0Us + offsetUs, sampleRateHz, blockSize: blockSamples, render }))
    }
    addScalars(parts, server, machine, options, story, t0Us)
  }
}

function addScalars(
  parts: Parts,
  server: PlantServer,
  machine: MachineSpec,
  options: SimulatedPlantOptions,
  story: Story,
  t0Us: number,
): void {
  const parent = server.addFolder(null, `${machine.id}.process`, `${machine.name}, process`)
  for (const scalar of machine.scalars) {
    const id = scalarId(machine, scalar)
    const info = scalarKindInfo[scalar.kind]
    const periodMs = scalarPeriodMs(scalar, options.rateHz)
    const node = { parent, id, name: info.name, unit: info.unit, range: scalarRange(scalar), periodMs }
    const write =
      scalar.kind === 'state' ? server.variables.addState(node, runStates) : server.variables.addScalar(node)
    const seed = hash32(options.seed, hashText(id))
    parts.feeds.push(
      scalarFeed(write, t0Us, periodMs, (n, tS) =>
        processValue(machine, scalar, story.speed(machine), story.faults(machine, tS), tS, n, seed),
      ),
    )
  }
}

function addCounters(parts: Parts, server: PlantServer, options: SimulatedPlantOptions, t0Us: number): void {
  const rateHz = options.rateHz ?? defaultCounterRateHz
  parts.contents.push(counterContent(options.counters, rateHz))
  const parent = server.addFolder(null, 'load', 'Counters')
  const ids = Array.from({ length: options.counters }, (_, i) => loadId(i))
  const write = server.variables.addCounters(parent, ids, 1000 / rateHz)
  parts.feeds.push(...counterFeeds(write, options.counters, rateHz, t0Us))
}

function addWaves(parts: Parts, server: PlantServer, options: SimulatedPlantOptions, t0Us: number): void {
  parts.contents.push(waveContent(options.waveforms))
  const parent = server.addFolder(null, 'waves', 'Waveform channels')
  const ring = createWaveRing(options.seed)
  const blockUs = (blockSamples / waveRateHz) * 1e6
  for (let i = 0; i < options.waveforms; i++) {
    const writer = server.variables.addWaveform({
      parent,
      id: waveId(i),
      name: waveId(i),
      unit: 'g',
      range: [-50, 50],
      periodMs: blockUs / 1000,
      blockSize: blockSamples,
      sampleRateHz: waveRateHz,
    })
    parts.feeds.push(
      waveformFeed({
        writer,
        t0Us: t0Us + Math.round((i * blockUs) / options.waveforms),
        sampleRateHz: waveRateHz,
        blockSize: blockSamples,
        render: (k) => ring.block(i, k),
      }),
    )
  }
}

function addReplay(parts: Parts, server: PlantServer, channels: readonly ReplayChannel[], t0Us: number): void {
  parts.contents.push(replayContent(channels))
  const parent = server.addFolder(null, 'replay', 'Recordings')
  for (const channel of channels) {
    const writer = server.variables.addWaveform({
      parent,
      id: channel.id,
      name: channel.name,
      unit: channel.unit,
      range: [-50, 50],
      periodMs: (channel.blockSize / channel.sampleRateHz) * 1000,
      blockSize: channel.blockSize,
      sampleRateHz: channel.sampleRateHz,
    })
    parts.feeds.push(replayFeed({ writer, t0Us, channel }))
  }
}
