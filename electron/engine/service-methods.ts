import type { EndpointView, MethodName, MethodParams, MethodResult } from '../../shared/protocol/methods.ts'
import { missingFacts } from '../assets/index.ts'
import { checkUserCertificate, discoverEndpoints, type OfferedEndpoint, type OpcuaConnection } from '../opcua/index.ts'
import { RequestError, type CallOptions } from '../live/window-session.ts'
import type { ConfigEdit } from './config-editor.ts'
import type { Engine } from './engine.ts'
import { browse, describe, lookAt, search } from './browse-views.ts'
import { alertView } from './frames.ts'
import { assetMoment } from './moment.ts'
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
  'server.certificates': async (engine) => ({ certificates: await engine.trust.certificates() }),
  'server.review': (engine, { serverId }) => orRefuse('review', () => engine.trust.review(serverId)),
  'server.renewOwn': async (engine, _params, user) => ({
    certificates: await orRefuse('renew', () => engine.trust.renew(user)),
  }),
  'server.trust': async (engine, { thumbprint, trusted }, user) => ({
    certificates: await orRefuse('trust', () => engine.trust.trust(thumbprint, trusted, user)),
  }),
  'config.makeException': async (engine, wish, user) => ({ faults: await engine.trust.makeException(wish, user) }),
  'config.endException': async (engine, { serverId, rule }, user) => ({
    faults: await engine.trust.endException(serverId, rule, user),
  }),
  'config.addServer': async (engine, { server, password, reason, exception }, user) => {
    const { user: identity } = server
    const wish = exception ? { ...exception, serverId: server.id, rule: 'deprecated-policy' as const } : null
    const edits: ConfigEdit[] = [{ list: 'servers', values: [server] }]
    if (wish) edits.push(engine.trust.exceptionEdit(wish))
    if (password !== null && identity.type === 'userName') await engine.secrets.set(identity.secretRef, password)
    if (password !== null && identity.type === 'x509') {
      await orRefuse('user-certificate', async () => checkUserCertificate(password, server))
      await engine.secrets.set(identity.certificateRef, password)
    }
    const faults = await engine.editor.edit(edits, user, reason)
    if (wish && faults.length === 0) await engine.trust.recordException(wish, user)
    return { faults }
  },
  'config.addPoint': async (engine, { point, reason }, user) => ({
    faults: await engine.editor.edit([{ list: 'points', values: [point] }], user, reason),
  }),
  'config.addPoints': async (engine, { points, reason }, user) => ({
    faults: await engine.editor.edit([{ list: 'points', values: points }], user, reason),
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
const exceptedPolicies = ['Basic128Rsa15', 'Basic256']

function noCapture(captureId: string): RequestError {
  const message = `There is no capture "${captureId}"; it may have been removed by retention.`
  return new RequestError({ code: 'not-found', message, retryable: false })
}

function endpointView(offered: OfferedEndpoint, index: number, all: readonly OfferedEndpoint[]): EndpointView {
  const { endpointUrl, mode, policy, deprecated, userTokens } = offered
  const remark = deprecated
    ? 'This policy rests on SHA-1 and is not used, unless an exception with a last day allows it.'
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
    needsException: exceptedPolicies.includes(policy),
    remark,
  }
}
