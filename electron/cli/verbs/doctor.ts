import fs from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { type DoctorReport, type DoctorStep, sameEndpoint } from '../../../shared/domain/doctor.ts'
import type { PlantFile, PlantServer, Point } from '../../../shared/domain/plant-file.ts'
import { askEngine } from '../../engine/local-socket.ts'
import { readPlantText } from '../../engine/plant-text.ts'
import { doctorText } from '../../engine/doctor-text.ts'
import { bearingNames, loadBearingCatalogue } from '../../engine/plant-model.ts'
import { SecretStore } from '../../engine/secrets.ts'
import {
  type DoctorOptions,
  isEndpointUrl,
  ownApplicationUri,
  PkiStore,
  ReverseCalls,
  runConnectionDoctor,
} from '../../opcua/index.ts'
import { UsageError, type CliIo } from '../io.ts'
import { readKeyFile, readOptions, resolveFrom } from '../options.ts'
import { machineReport } from './doctor-machine.ts'

const policies = ['Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss'] as const
const modes = ['Sign', 'SignAndEncrypt'] as const

/**
 * `millwright doctor [--endpoint URL] [--data DIR] [--key-file F] [--plant FILE] [--security None or MODE/POLICY]`: the
 * machine, or one OPC UA connection step by step. With a data folder its trust list and, where the plant file knows the
 * address, its security, user and points are used. Needs no engine. Exit 0 all well, 1 a step failed, 2 wrong usage.
 */
export async function runDoctor(argv: string[], io: CliIo): Promise<number> {
  const { values, positionals } = readOptions('doctor', argv, {
    endpoint: { type: 'string' },
    data: { type: 'string' },
    'key-file': { type: 'string' },
    plant: { type: 'string' },
    security: { type: 'string' },
  })
  if (positionals[0] !== undefined)
    throw new UsageError(`millwright doctor does not know "${positionals[0]}"; the address goes behind --endpoint.`)
  const dataDir = values.data === undefined ? null : dataFolder(resolveFrom(io.cwd, values.data))
  const endpointUrl = values.endpoint
  if (endpointUrl === undefined) return answer(await machineReport(dataDir, told(io)), io)
  if (!isEndpointUrl(endpointUrl))
    throw new UsageError(`millwright doctor: "${endpointUrl}" is not an address such as opc.tcp://192.168.0.10:4840.`)
  const security = values.security === undefined ? undefined : securityOf(values.security)
  if (dataDir !== null && values['key-file'] === undefined && values.plant === undefined && security === undefined) {
    const request = { verb: 'doctor' as const, argv: [endpointUrl], json: io.json }
    const code = await askEngine(dataDir, request, { out: (text) => io.stdout(text), err: (text) => io.stderr(text) })
    if (code !== null) return code
  }
  const plant = plantOf(io, values.plant, dataDir)
  const server = plant?.servers.find((candidate) => sameEndpoint(candidate.endpointUrl, endpointUrl)) ?? null
  const points = plant?.points.filter(({ source }) => source.serverId === server?.id) ?? []
  const secrets = await secretsOf(io, dataDir, values['key-file'], server)
  return withTrust(dataDir, async (pki, undecided) =>
    answer(
      await runConnectionDoctor({
        ...subject(endpointUrl, server, points, security),
        exceptions: plant?.exceptions ?? [],
        pki,
        undecided,
        secrets,
        nowUs: () => Date.now() * 1_000,
        onStep: told(io),
      }),
      io,
    ),
  )
}

function subject(
  endpointUrl: string,
  server: PlantServer | null,
  points: Point[],
  security: DoctorOptions['security'] | undefined,
): Pick<DoctorOptions, 'endpointUrl' | 'security' | 'user' | 'points' | 'serverId' | 'reverse'> {
  const user = server?.user ?? { type: 'anonymous' }
  const id = server ? { serverId: server.id } : {}
  const nowhere = { problem: () => undefined, problemGone: () => undefined }
  // No engine runs on this data folder: the port is free for the check.
  const clock = { nowUs: () => Date.now() * 1_000, monotonicMs: () => performance.now() }
  const calls = new ReverseCalls({ clock, ...nowhere })
  const reverse = server?.reverse ? { reverse: { ...server.reverse, calls } } : {}
  return { endpointUrl, security: security ?? server?.security ?? null, user, points, ...id, ...reverse }
}

function dataFolder(folder: string): string {
  if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return folder
  throw new UsageError(`millwright doctor: ${folder} is no folder; give the data folder of an engine behind --data.`)
}

function securityOf(text: string): DoctorOptions['security'] {
  if (text === 'None') return { mode: 'None', policy: 'None', reason: 'a check of the connection' }
  const [first, second] = text.split('/')
  const mode = modes.find((name) => name === first)
  const policy = policies.find((name) => name === second)
  if (mode && policy) return { mode, policy }
  throw new UsageError(
    `millwright doctor: "${text}" is no security; write None, or a mode and a policy such as SignAndEncrypt/Basic256Sha256.`,
  )
}

function plantOf(io: CliIo, given: string | undefined, dataDir: string | null): PlantFile | null {
  const usual = dataDir === null ? null : path.join(dataDir, 'plant.json')
  const file = given === undefined ? usual : resolveFrom(io.cwd, given)
  if (file === null || (given === undefined && !fs.existsSync(file))) return null
  let text: string
  try {
    text = fs.readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(
      `The plant file ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    )
  }
  const bearings = bearingNames(loadBearingCatalogue())
  const { loaded, faults } = readPlantText(text, bearings)
  if (loaded) return loaded.plant
  throw new UsageError(
    `The plant file ${file} has ${faults.length} faults, the first: ${faults[0]?.message ?? ''} See millwright check.`,
  )
}

async function secretsOf(
  io: CliIo,
  dataDir: string | null,
  keyFile: string | undefined,
  server: PlantServer | null,
): Promise<(ref: string) => Promise<string | null>> {
  if (dataDir !== null && keyFile !== undefined) {
    const store = await SecretStore.open(path.join(dataDir, 'secrets.json'), readKeyFile(resolveFrom(io.cwd, keyFile)))
    return async (ref) => store.get(ref)
  }
  if (server?.user.type === 'userName')
    throw new UsageError(
      `millwright doctor: server ${server.id} has the user "${server.user.name}", whose password lies sealed in the data folder; give --data DIR and --key-file F, or start the engine.`,
    )
  return async () => null
}

/** The trust list of the data folder, or an empty one of this run alone that knows nobody. */
async function withTrust(
  dataDir: string | null,
  work: (pki: PkiStore, undecided: boolean) => Promise<number>,
): Promise<number> {
  const kept = dataDir === null ? null : path.join(dataDir, 'pki')
  const applicationUri = kept === null ? null : await ownApplicationUri(kept)
  if (kept !== null && applicationUri === null)
    throw new UsageError(
      `millwright doctor: ${kept} holds no certificate yet; start the engine once on this data folder, or leave --data out.`,
    )
  const folder = kept ?? (await mkdtemp(path.join(os.tmpdir(), 'millwright-doctor-')))
  try {
    const pki = await PkiStore.open(folder, {
      applicationUri: applicationUri ?? `urn:millwright:doctor:${os.hostname()}`,
    })
    try {
      return await work(pki, kept === null)
    } finally {
      await pki.close()
    }
  } finally {
    if (kept === null) await rm(folder, { recursive: true, force: true })
  }
}

/** Each step as it is done, for a person who waits. */
function told(io: CliIo): (step: DoctorStep) => void {
  return (step) => {
    if (!io.json) io.stdout(doctorText.step(step))
  }
}

function answer(report: DoctorReport, io: CliIo): number {
  if (io.json) io.stdout(`${JSON.stringify(report)}\n`)
  else io.stdout(doctorText.end(report))
  return report.ok ? 0 : 1
}
