import type { MomentFrame } from '../../shared/protocol/moment.ts'
import type { AlertOccurrence, Priority } from '../../shared/domain/alert.ts'
import { noLimits, type LimitsInForce } from '../../shared/domain/operating-limits.ts'
import type {
  AlertsFrame,
  AlertView,
  AssetTile,
  MachineFrame,
  OverviewFrame,
  PointsFrame,
  PointValue,
  StatusFrame,
  TrendFrame,
} from '../../shared/protocol/views.ts'
import { countPointStates, type PointCondition } from '../../shared/domain/point-state.ts'
import type { FakeMachine } from './fake-plant.ts'
import { fakeServerAlarms } from './fake-server-alarms.ts'
import { noise } from './random.ts'

export type FakeState = 'empty' | 'normal' | 'busy' | 'abnormal' | 'stale' | 'restarting'

export interface FakeWorld {
  state: FakeState
  startedUs: number
  machines: readonly FakeMachine[]
  plant: import('../../shared/domain/plant-file.ts').PlantFile
  alerts: AlertView[]
}

const warning = 1.2
const alarm = 2.4
const inForce: LimitsInForce = {
  warning,
  alarm,
  why: 'state',
  of: { runState: 'running', rpm: [1200, 1800], name: undefined, reason: undefined },
  rpm: 1482,
}

const ageUs = (world: FakeWorld): number => (world.state === 'stale' ? 47_000_000 : 200_000)
export const rmsOf = (machine: FakeMachine): number => (machine.stopped ? 0.01 : 0.34 + machine.damage * 2.6)
const levelOf = (machine: FakeMachine): AssetTile['level'] =>
  rmsOf(machine) > alarm ? 'alarm' : rmsOf(machine) > warning ? 'warning' : 'normal'

export function fakeAlerts(machines: readonly FakeMachine[], nowUs: number): AlertView[] {
  return machines
    .filter((machine) => machine.damage > 0)
    .map((machine, index) => {
      const priority: Priority = index === 0 ? 'urgent' : 'medium'
      const raisedUs = nowUs - (index + 1) * 412_000_000
      const occurrence: AlertOccurrence = {
        id: `occ-${machine.asset.id}`,
        ruleId: `${machine.asset.id}.rms-high`,
        assetId: machine.asset.id,
        pointId: `${machine.asset.id}.de.accel`,
        feature: 'rms',
        state: index === 0 ? 'unacknowledged' : 'acknowledged',
        level: levelOf(machine),
        priority,
        raisedUs,
        changedUs: raisedUs + 30_000_000,
        value: rmsOf(machine) - 0.1,
        limit: levelOf(machine) === 'alarm' ? alarm : warning,
        peakValue: rmsOf(machine) + 0.2,
        repeats: index,
        respondByUs: raisedUs + 900_000_000,
        acknowledgedUs: index === 0 ? null : raisedUs + 60_000_000,
        acknowledgedBy: index === 0 ? null : 'a.berger',
        acknowledgeComment: index === 0 ? null : 'Balancing is planned for Thursday.',
        returnedUs: null,
        outcome: null,
        labelledUs: null,
        labelledBy: null,
        labelNote: null,
        configHash: 'f3a9c1',
        contract: {
          meaning: index === 0 ? 'Outer-race defect of the drive-end bearing.' : 'Unbalance of the impeller.',
          cause: 'Fatigue of the raceway after long running, or a lack of lubricant.',
          consequence: 'The bearing can seize within days and stop the line.',
          action: 'Open the envelope spectrum, check the lubrication and plan a replacement of the bearing.',
          recipient: 'maintenance',
          respondWithinMin: 15,
          priority,
        },
      }
      return {
        occurrence,
        assetName: machine.asset.name,
        pointName: 'Drive end, radial',
        unit: 'g',
        currentValue: rmsOf(machine),
        limitsNow: inForce,
        // The second one's machine stands: nothing moves its alert.
        pointState:
          index === 1
            ? { state: 'stopped', reason: 'machine-stopped', sinceUs: nowUs - 94_000_000 }
            : { state: 'normal', reason: 'none', sinceUs: raisedUs },
      }
    })
}

/** In an abnormal plant the points of the first machines show what can be wrong with a point. */
function fakeCondition(machine: FakeMachine | undefined, pointId: string, world: FakeWorld): PointCondition {
  if (world.state === 'stale') return { state: 'comms-lost', reason: 'link-down' }
  const isVibration = pointId.endsWith('accel')
  if (world.state === 'abnormal' && pointId.endsWith('.nde.accel')) return { state: 'cable-fault', reason: 'dropouts' }
  if (world.state === 'abnormal' && !isVibration && !pointId.endsWith('speed'))
    return { state: 'out-of-range', reason: 'contract-range' }
  if (machine?.stopped === true && isVibration) return { state: 'stopped', reason: 'machine-stopped' }
  return { state: 'normal', reason: 'none' }
}

function fakeConditionOf(world: FakeWorld, index: number, pointId: string): PointCondition {
  const shownWorld: FakeWorld = index > 3 && world.state === 'abnormal' ? { ...world, state: 'busy' } : world
  return fakeCondition(world.machines[index], pointId, shownWorld)
}

function tile(machine: FakeMachine, index: number, world: FakeWorld, nowUs: number): AssetTile {
  const spark = new Float32Array(96)
  for (let i = 0; i < 96; i++) {
    const grown = machine.damage * Math.max(0, (i - 50) / 46) ** 2
    spark[i] = i > 20 && i < 24 && index % 4 === 1 ? Number.NaN : (0.34 + 0.06 * noise(index, i) + grown * 2.6) / alarm
  }
  const view = world.alerts.find((known) => known.occurrence.assetId === machine.asset.id)
  const partial = index % 11 === 8
  return {
    id: machine.asset.id,
    lineId: machine.asset.lineId,
    name: machine.asset.name,
    family: machine.asset.family,
    runState: machine.stopped ? 'not-running' : 'running',
    freshness: world.state === 'stale' || (partial && world.state === 'busy') ? 'stale' : 'live',
    lastUs: nowUs - ageUs(world),
    health: rmsOf(machine) / alarm,
    healthOf: 'RMS at the drive end',
    spark,
    sparkFromUs: nowUs - 86_400_000_000,
    level: levelOf(machine),
    priority: view?.occurrence.priority ?? null,
    state: view?.occurrence.state ?? 'normal',
    finding: view?.occurrence.contract.meaning ?? null,
    openAlerts: view ? 1 : 0,
    pointStates: countPointStates(
      world.plant.points
        .filter(({ assetId }) => assetId === machine.asset.id)
        .map(({ id }) => fakeConditionOf(world, index, id).state),
    ),
  }
}

export function fakePoints(world: FakeWorld, nowUs: number): PointsFrame {
  const views = world.plant.points.map(({ id, assetId }) => {
    const index = world.machines.findIndex(({ asset }) => asset.id === assetId)
    const condition = fakeConditionOf(world, index, id)
    return { pointId: id, ...condition, sinceUs: nowUs - 94_000_000 }
  })
  return {
    atUs: nowUs,
    counts: countPointStates(views.map(({ state }) => state)),
    notNormal: views.filter(({ state }) => state !== 'normal'),
  }
}

export function fakeOverview(world: FakeWorld, nowUs: number): OverviewFrame {
  return {
    atUs: nowUs,
    plantName: world.plant.plant.name,
    timeZone: world.plant.plant.timeZone,
    lines: world.plant.lines,
    assets: world.machines.map((machine, index) => tile(machine, index, world, nowUs)),
  }
}

export function fakeAlertsFrame(world: FakeWorld, nowUs: number): AlertsFrame {
  const unacknowledged = { urgent: 0, high: 0, medium: 0, low: 0 }
  const active = { urgent: 0, high: 0, medium: 0, low: 0 }
  for (const { occurrence } of world.alerts) {
    if (occurrence.returnedUs === null) active[occurrence.priority] += 1
    if (occurrence.acknowledgedUs === null) unacknowledged[occurrence.priority] += 1
  }
  return {
    atUs: nowUs,
    open: world.alerts.filter((view) => view.occurrence.outcome === null),
    unacknowledged,
    active,
    awaitingOutcome: world.alerts.filter(
      (view) => view.occurrence.acknowledgedUs !== null && view.occurrence.outcome === null,
    ).length,
    flood: false,
    servers: fakeServerAlarms(
      nowUs,
      world.state === 'abnormal' || world.state === 'busy' ? 'live' : world.state === 'stale' ? 'unreachable' : null,
    ),
  }
}

export function fakeStatus(world: FakeWorld, nowUs: number): StatusFrame {
  const lost = world.state === 'stale'
  const points = world.plant.points.length
  return {
    atUs: nowUs,
    startedUs: world.startedUs,
    version: '0.1.0',
    pid: 4242,
    node: 'v24.21.0',
    plantFile: '/home/operator/.local/share/millwright/plant.json',
    dataDir: '/home/operator/.local/share/millwright',
    configHash: `f3a9c1-${world.machines.length}`,
    twin: {
      bytes: 184_300_000,
      opened: 'encrypted',
      lastCommitUs: nowUs - 180_000,
      commits: 40_211,
    },
    points: {
      live: lost ? 0 : points,
      stale: lost ? points : 0,
      bad: 0,
      states: countPointStates(Array.from({ length: points }, () => (lost ? 'comms-lost' : 'normal'))),
    },
    valuesPerSecond: lost ? 0 : points * 5,
    blocksPerSecond: lost ? 0 : points * 1.5,
    links: world.plant.servers.map((server) => ({
      serverId: server.id,
      endpointUrl: server.endpointUrl,
      phase: lost ? 'lost' : 'connected',
      sinceUs: nowUs - (lost ? 47_000_000 : 7_200_000_000),
      message: lost
        ? 'The server does not answer since 47 s. It is tried again every 5 s; check the cable and the server.'
        : '',
      security: 'None',
      reconnects: lost ? 1 : 0,
      lastDataUs: nowUs - ageUs(world),
      itemsGood: lost ? 0 : points,
      itemsBad: 0,
    })),
    destinations: world.plant.sync.map((destination) => {
      const failing = world.state === 'abnormal' && destination.kind === 'mqtt'
      return {
        id: destination.id,
        kind: destination.kind,
        lane: destination.lane,
        state: failing ? 'waiting' : 'idle',
        depth: failing ? 214 : 0,
        oldestUs: failing ? nowUs - 312_000_000 : null,
        rowsPerSecond: failing ? 0 : 31,
        secondsToEmpty: null,
        lastReceiptUs: nowUs - (failing ? 312_000_000 : 2_000_000),
        failingSinceUs: failing ? nowUs - 312_000_000 : null,
        lastError: failing ? 'The broker at 127.0.0.1:1883 does not answer.' : null,
        deliveredRows: 18_422,
      }
    }),
    queues: [
      { name: 'scalars', depth: 12, limit: 1_000_000, hits: 0, oldestS: 0.1 },
      { name: 'blocks', depth: 0, limit: 512, hits: 0, oldestS: null },
    ],
    problems: lost
      ? [
          {
            id: 'opcua.link:opc-1',
            severity: 'error',
            message: 'The OPC UA server opc-1 does not answer.',
            remedy: 'Check the network to 127.0.0.1 and that the server runs; it is tried again every 5 s.',
            sinceUs: nowUs - 47_000_000,
          },
        ]
      : [],
  }
}

function fakeEvidence(
  world: FakeWorld,
  assetId: string,
  machine: FakeMachine | undefined,
): MachineFrame['runEvidence'] {
  const says = machine?.stopped === true ? 'stopped' : 'running'
  const all = world.plant.points
    .filter((point) => point.assetId === assetId && point.kind === 'scalar')
    .map(({ id, name }) => ({ pointId: id, name: name ?? id, feature: null, says }) as const)
  const [first, ...others] = all
  if (world.state !== 'abnormal' || !first || others.length === 0)
    return { quorum: Math.min(2, all.length), evidences: all, disagreement: null }
  return {
    quorum: 2,
    evidences: [{ ...first, says: 'stopped' }, ...others],
    disagreement: { sinceUs: world.startedUs, dissenters: [first.pointId] },
  }
}

export function fakeMachine(world: FakeWorld, assetId: string, nowUs: number): MachineFrame {
  const machine = world.machines.find((known) => known.asset.id === assetId)
  const values: PointValue[] = []
  const features = [
    ['rms', 'g', machine ? rmsOf(machine) : 0],
    ['kurtosis', '', machine ? 3 + machine.damage * 9 : 3],
    ['crestFactor', '', machine ? 3.4 + machine.damage * 4 : 3],
    ['velocityRms', 'mm/s', machine ? 1.1 + machine.damage * 3 : 1],
  ] as const
  for (const point of world.plant.points.filter((known) => known.assetId === assetId)) {
    const of =
      point.kind === 'waveform'
        ? features
        : ([['value', point.contract?.unit ?? '', point.id.endsWith('speed') ? (machine?.rpm ?? 0) : 54.2]] as const)
    for (const [feature, unit, base] of of) {
      const limited = point.id.endsWith('.de.accel') && feature === 'rms'
      values.push({
        pointId: point.id,
        name: point.name ?? point.id,
        kind: point.kind,
        componentId: point.componentId ?? null,
        quantity: point.contract?.quantity ?? 'other',
        feature,
        unit,
        value: base * (1 + 0.02 * noise(base * 1000, Math.floor(nowUs / 500_000))),
        quality: 'good',
        statusName: 'Good',
        tUs: nowUs - ageUs(world),
        serverUs: nowUs - ageUs(world),
        freshness: world.state === 'stale' ? 'stale' : 'live',
        state: {
          ...fakeConditionOf(world, machine ? world.machines.indexOf(machine) : 0, point.id),
          sinceUs: nowUs - 94_000_000,
        },
        staleAfterMs: 682,
        latency: 'live',
        range: point.contract ? [...point.contract.expectedRange] : null,
        limits: limited ? inForce : noLimits,
        level: limited && machine ? levelOf(machine) : 'normal',
      })
    }
  }
  return {
    atUs: nowUs,
    assetId,
    runState: machine?.stopped ? 'not-running' : 'running',
    runEvidence: fakeEvidence(world, assetId, machine),
    rpm: machine?.stopped ? 0 : (machine?.rpm ?? null),
    values,
    unruled: [],
    missingFacts: [],
  }
}

export function fakeMoment(world: FakeWorld, { assetId, atUs }: { assetId: string; atUs: number }): MomentFrame {
  const { runState, rpm, values } = fakeMachine(world, assetId, atUs)
  const alerts = world.alerts.filter(({ occurrence: o }) => o.assetId === assetId && o.raisedUs <= atUs)
  const condition = alerts.length > 0 ? 'alarm' : 'good'
  return {
    atUs,
    readUs: Date.now() * 1000,
    recording: true,
    assetId,
    assetName: world.machines.find(({ asset }) => asset.id === assetId)?.asset.name ?? assetId,
    lineName: 'Line 1',
    runState,
    runStateSinceUs: atUs - 7200e6,
    rpm,
    health: { condition, fresh: values.length, points: values.length, why: 'As the fake engine says.' },
    values: values.map((value) => ({ ...value, ageS: 0.3 })),
    alerts,
    gaps: [],
    judge: {
      configHash: 'f3a9c1f3a9c1',
      configFromUs: atUs - 86_400e6,
      author: 'operator',
      reason: 'limits after overhaul',
      software: 'millwright 0.1.0',
      model: null,
    },
    sync: { asOfUs: atUs - 120e6, lanes: [] },
  }
}

export function fakeTrend(
  world: FakeWorld,
  pointId: string,
  feature: string,
  fromUs: number,
  toUs: number,
  columns: number,
): TrendFrame {
  const machine = world.machines.find((known) => pointId.startsWith(`${known.asset.id}.`))
  const damage = machine?.damage ?? 0
  const tUs = new Float64Array(columns)
  const [mean, min, max] = [new Float64Array(columns), new Float64Array(columns), new Float64Array(columns)]
  const gap = [Math.floor(columns * 0.3), Math.floor(columns * 0.34)] as const
  for (let i = 0; i < columns; i++) {
    const at = fromUs + ((toUs - fromUs) * i) / columns
    tUs[i] = at
    const empty = i >= gap[0] && i < gap[1]
    const base =
      0.34 + damage * 2.6 * Math.max(0, (i / columns - 0.4) / 0.6) ** 2 + 0.03 * noise(7, Math.floor(at / 1e6))
    mean[i] = empty ? Number.NaN : base
    min[i] = empty ? Number.NaN : base * 0.94
    max[i] = empty ? Number.NaN : base * (1.06 + 0.1 * noise(9, Math.floor(at / 1e6)))
  }
  return {
    atUs: toUs,
    pointId,
    feature,
    unit: 'g',
    tUs,
    min,
    max,
    mean,
    limits: feature === 'rms' ? inForce : noLimits,
    gaps: [{ startUs: tUs[gap[0]] ?? fromUs, endUs: tUs[gap[1]] ?? null, cause: 'link-lost' }],
  }
}
