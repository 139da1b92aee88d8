import type { Fault } from '../../shared/domain/fault.ts'
import type {
  CertificateView,
  EndpointView,
  MethodName,
  MethodParams,
  MethodResult,
} from '../../shared/protocol/methods.ts'
import { missingFacts } from '../assets/index.ts'
import {
  checkUserCertificate,
  discoverEndpoints,
  type CertificateInfo,
  type OfferedEndpoint,
  type OpcuaConnection,
} from '../opcua/index.ts'
import { RequestError, type CallOptions } from '../live/window-session.ts'
import { editPlantFile, type ConfigEdit } from './config-editor.ts'
import type { Engine } from './engine.ts'
import { browse, describe, lookAt, search } from './browse-views.ts'
import { alertView } from './frames.ts'
import { assetMoment } from './moment.ts'
import { renewOwnCertificate } from './own-certificate.ts'
import { bearingNames } from './plant-model.ts'
import { readPlantText } from './plant-text.ts'
import { pointOf } from './lookup.ts'
import { trendFrame } from './trend-frame.ts'

type Methods = {
  [M in MethodName]: (
    engine: Engine,
    params: MethodParams<M>,
    user: string,
    asked: CallOptions,
  ) => Promise<MethodResult<M>>
}

/** What a window may call. Each handler checks nothing that the schema has checked, and throws RequestError in words. */
export const methods: Methods = {
  'plant.get': (engine) =>
    Promise.resolve({
      plant: engine.model.plant,
      configHash: engine.model.configHash,
      file: engine.model.file,
      drafts: engine.model.plant.assets
        .map((asset) => ({ assetId: asset.id, missing: missingFacts(asset) }))
        .filter((draft) => draft.missing.length > 0),
    }),
  'alert.acknowledge': (engine, { occurrenceId, comment }, user) =>
    engine.desk.acknowledge(occurrenceId, user, comment),
  'alert.label': (engine, { occurrenceId, outcome, note }, user) =>
    engine.desk.label(occurrenceId, outcome, user, note),
  'alert.journal': async (engine, { beforeUs, limit, assetId }) => {
    const rows = await engine.twin.occurrences({
      limit: limit + 1,
      ...(beforeUs === null ? {} : { beforeUs }),
      ...(assetId === null ? {} : { assetId }),
    })
    const state = engine.frameState()
    const open = new Map(state.openOccurrences().map((occurrence) => [occurrence.id, occurrence]))
    const views = rows.slice(0, limit).map((row) => alertView(state, open.get(row.id) ?? row))
    return { rows: views, more: rows.length > limit }
  },
  'alert.history': async (engine, { occurrenceId }) => ({ transitions: await engine.twin.transitions(occurrenceId) }),
  'trend.read': (engine, { pointId, feature, ...range }, _user, asked) =>
    trendFrame(engine, pointOf(engine, pointId), feature, range, asked),
  'moment.asset': (engine, { assetId, atUs }, _user, asked) => assetMoment(engine, assetId, atUs, asked),
  'capture.list': async (engine, { pointId, limit }) => ({
    captures: await engine.twin.captures({ pointKey: pointOf(engine, pointId).key, limit }),
  }),
  'capture.read': async (engine, { captureId }) => {
    const found = await engine.twin.capture(captureId)
    if (!found) throw noCapture(captureId)
    const { samples, ...head } = found
    // A screen draws float32; export gives every bit.
    return { capture: head, samples: samples instanceof Float32Array ? samples : Float32Array.from(samples) }
  },
  'capture.demand': async (engine, { pointId }, user) => ({
    captureId: await engine.captures.onDemand(
      engine.model,
      engine.acquisition.machines,
      pointOf(engine, pointId),
      user,
    ),
  }),
  'storage.read': (engine) => engine.storage.view(),
  'capture.pin': async (engine, { captureId, pinned, reason }, user) => {
    const atUs = engine.options.clock.nowUs()
    const known = await engine.twin.pinCapture({ id: captureId, pinned, by: user, atUs, reason })
    if (!known) throw noCapture(captureId)
    return { pinned }
  },
  'server.discover': async (engine, { endpointUrl }) => {
    const offered = await orRefuse('discover', () => discoverEndpoints(endpointUrl, engine.pki))
    return { endpoints: offered.map(endpointView) }
  },
  'server.browse': (engine, { serverId, nodeId }) =>
    orRefuse('browse', () => browse(connectionOf(engine, serverId), nodeId)),
  'server.describe': (engine, { serverId, nodeIds }) =>
    orRefuse('browse', () => describe(connectionOf(engine, serverId), nodeIds)),
  'server.node': (engine, { serverId, nodeId }) =>
    orRefuse('browse', () => lookAt(connectionOf(engine, serverId), nodeId)),
  'server.read': (engine, { serverId, nodeIds }) =>
    orRefuse('read', async () => ({ values: await connectionOf(engine, serverId).readValues(nodeIds) })),
  'server.search': (engine, { serverId, text, limit, again }) =>
    orRefuse('search', () => search(connectionOf(engine, serverId), text, limit, again)),
  'doctor.start': (engine, wanted) => Promise.resolve(engine.doctor.start(wanted)),
  'doctor.read': (engine, { runId, known }) => engine.doctor.read(runId, known),
  'doctor.stop': (engine, { runId }) => {
    engine.doctor.stop(runId)
    return Promise.resolve({})
  },
  'server.certificates': async (engine) => ({ certificates: await certificates(engine) }),
  'server.renewOwn': async (engine) => {
    await orRefuse('renew', () => renewOwnCertificate(engine))
    return { certificates: await certificates(engine) }
  },
  'server.trust': async (engine, { thumbprint, trusted }) => {
    await orRefuse('trust', () => (trusted ? engine.pki.trust(thumbprint) : engine.pki.reject(thumbprint)))
    return { certificates: await certificates(engine) }
  },
  'config.addServer': async (engine, { server, password, reason }, user) => {
    const { user: identity } = server
    if (password !== null && identity.type === 'userName') await engine.secrets.set(identity.secretRef, password)
    if (password !== null && identity.type === 'x509') {
      await orRefuse('user-certificate', async () => checkUserCertificate(password, server))
      await engine.secrets.set(identity.certificateRef, password)
    }
    return { faults: await edit(engine, { list: 'servers', values: [server] }, user, reason) }
  },
  'config.addPoint': async (engine, { point, reason }, user) => ({
    faults: await edit(engine, { list: 'points', values: [point] }, user, reason),
  }),
  'config.addPoints': async (engine, { points, reason }, user) => ({
    faults: await edit(engine, { list: 'points', values: points }, user, reason),
  }),
  'backup.list': (engine) => Promise.resolve(engine.backups.view()),
  // How they end is in the view and, where people must act, on the problem list.
  'backup.make': (engine) => {
    engine.backups.make('asked').catch(() => undefined)
    return Promise.resolve(engine.backups.view())
  },
  'backup.cancel': async (engine) => {
    await engine.backups.cancel()
    return engine.backups.view()
  },
  'backup.restore': (engine, { name, discardNewer, replaceOther }) => {
    engine.backups.restore(name, { discardNewer, replaceOther }).catch(() => undefined)
    return Promise.resolve(engine.backups.view())
  },
  'twin.repair': (engine, _params, user) => {
    engine.backups.repair(`a repair was asked for by ${user}`)
    return Promise.resolve(engine.backups.view())
  },
  'recovery.list': async (engine) => ({ recoveries: await engine.twin.recoveries(50) }),
}

async function edit(engine: Engine, change: ConfigEdit, user: string, reason: string): Promise<Fault[]> {
  const names = bearingNames(engine.catalogue)
  const check = (text: string): Fault[] => [...readPlantText(text, names).faults]
  const { faults, text } = await editPlantFile(engine.options.plantFile, change, check)
  if (faults.length > 0) return faults
  return [...(await engine.applyPlantText(text, user, reason || `added to ${change.list} in the application`))]
}

/** Errors of the OPC UA room are plain sentences; a window gets them as a refusal, not as an internal error. */
async function orRefuse<T>(code: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof RequestError) throw cause
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new RequestError({ code, message, retryable: true }, { cause })
  }
}

function connectionOf(engine: Engine, serverId: string): OpcuaConnection {
  const connection = engine.acquisition.connections.get(serverId)
  if (connection) return connection
  const message = `The plant file has no server "${serverId}".`
  throw new RequestError({ code: 'not-found', message, retryable: false })
}

const supportedPolicies = ['None', 'Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss']

function noCapture(captureId: string): RequestError {
  const message = `There is no capture "${captureId}"; it may have been removed by retention.`
  return new RequestError({ code: 'not-found', message, retryable: false })
}

function endpointView(offered: OfferedEndpoint, index: number, all: readonly OfferedEndpoint[]): EndpointView {
  const { endpointUrl, mode, policy, deprecated, userTokens } = offered
  const remark = deprecated
    ? 'This policy rests on SHA-1 and is not used.'
    : mode === 'None'
      ? 'Nothing is encrypted or signed: anybody on the network can read and change it.'
      : null
  return {
    endpointUrl,
    mode,
    policy,
    tokens: [...userTokens],
    strength: all.length - index,
    supported: !deprecated && supportedPolicies.includes(policy),
    remark,
  }
}

async function certificates(engine: Engine): Promise<CertificateView[]> {
  const { own, trusted, rejected } = await engine.pki.list()
  const nowUs = engine.options.clock.nowUs()
  const view =
    (store: CertificateView['store']) =>
    (info: CertificateInfo): CertificateView => ({
      thumbprint: info.thumbprint,
      subject: info.subject,
      applicationUri: info.applicationUri,
      store,
      validFromUs: info.validFromUs,
      validToUs: info.validToUs,
      remarks: remarksOn(info, nowUs),
    })
  return [view('own')(own), ...trusted.map(view('trusted')), ...rejected.map(view('rejected'))]
}

function remarksOn(info: CertificateInfo, nowUs: number): string[] {
  const remarks: string[] = []
  const days = Math.floor((info.validToUs - nowUs) / 86_400e6)
  if (info.validToUs < nowUs) remarks.push('It has expired.')
  else if (days <= 60) remarks.push(`It expires in ${days} days.`)
  if (info.validFromUs > nowUs) remarks.push('It is not valid yet; compare the clocks of both machines.')
  if (info.keyBits !== null && info.keyBits < 2048) remarks.push(`Its key of ${info.keyBits} bits is too weak.`)
  if (info.applicationUri === null) remarks.push('It names no application URI.')
  return remarks
}
