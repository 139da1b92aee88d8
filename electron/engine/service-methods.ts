import type { Actor } from '../../shared/domain/access.ts'
import type { EndpointView } from '../../shared/protocol/methods.ts'
import { missingFacts, type ListEdit } from '../assets/index.ts'
import { checkUserCertificate, discoverEndpoints, type OfferedEndpoint } from '../opcua/index.ts'
import { RequestError } from '../live/window-session.ts'
import { accessMethods } from './access-methods.ts'
import type { Engine } from './engine.ts'
import { bearingFound } from './bearing-lookup.ts'
import { browse, describe, lookAt, search } from './browse-views.ts'
import { bundleMethods } from './bundle-methods.ts'
import { alertView } from './frames.ts'
import { assetMoment } from './moment.ts'
import { connectionOf, pointOf } from './lookup.ts'
import { suggestMappings } from './mapping-suggestions.ts'
import type { Methods } from './method-types.ts'
import { bearingNames } from './plant-model.ts'
import { healthMethods } from './health-methods.ts'
import { diagnosisMethods } from './diagnosis/diagnosis-methods.ts'
import { plotMethods } from './plots/plot-methods.ts'
import { trendFrame } from './trend-frame.ts'

/** What a window may call. Each handler checks nothing that the schema has checked, and throws RequestError in words. */
export const methods: Methods = {
  'plant.get': (engine) =>
    Promise.resolve({
      plant: engine.model.plant,
      configHash: engine.model.configHash,
      file: engine.model.file,
      drafts: engine.model.plant.assets
        .map((asset) => ({ assetId: asset.id, missing: missingFacts(asset, engine.model.plant) }))
        .filter((draft) => draft.missing.length > 0),
    }),
  'alert.acknowledge': (engine, { occurrenceId, comment }, _user, { by }) =>
    engine.desk.acknowledge(occurrenceId, by, comment),
  'alert.label': (engine, { occurrenceId, outcome, note }, _user, { by }) =>
    engine.desk.label(occurrenceId, outcome, by, note),
  'serverAlarm.answer': async (engine, asked, _user, { by }) => {
    await engine.conditions.act({ ...asked, durationMs: 0 }, by)
    return {}
  },
  'serverAlarm.shelve': async (engine, { minutes, ...asked }, _user, { by }) => {
    await engine.conditions.act({ ...asked, durationMs: minutes * 60_000 }, by)
    return {}
  },
  'serverAlarm.journal': async (engine, { beforeId, limit, of }) => {
    const rows = await engine.twin.conditionEntries({
      limit: limit + 1,
      ...(beforeId === null ? {} : { beforeId }),
      ...(of === null ? {} : { of }),
    })
    return { rows: rows.slice(0, limit), more: rows.length > limit }
  },
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
  'capture.pin': async (engine, { captureId, pinned, reason }, user, { by }) => {
    const atUs = engine.options.clock.nowUs()
    const audit = engine.audit.entry(by, { action: 'capture.pin', subject: captureId, after: { pinned }, reason })
    const known = await engine.twin.pinCapture({ id: captureId, pinned, by: user, atUs, reason, audit })
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
  'server.renewOwn': async (engine, _params, _user, { by }) => ({
    certificates: await orRefuse('renew', () => engine.trust.renew(by)),
  }),
  'server.trust': async (engine, { thumbprint, trusted }, _user, { by }) => ({
    certificates: await orRefuse('trust', () => engine.trust.trust(thumbprint, trusted, by)),
  }),
  'server.addAuthority': (engine, { pem }, _user, { by }) =>
    orRefuse('authority', () => engine.trust.addAuthority(pem, by)),
  'config.makeException': async (engine, wish, _user, { by }) => ({
    faults: await engine.trust.makeException(wish, by),
  }),
  'config.endException': async (engine, { serverId, rule }, _user, { by }) => ({
    faults: await engine.trust.endException(serverId, rule, by),
  }),
  'config.addServer': async (engine, { server, password, reason, exception }, _user, { by, seat }) => {
    // A server with an exception from the rules of trust is a decision about trust as well.
    if (exception) engine.access.allow(seat, 'trust.edit')
    const { user: identity } = server
    const wish = exception ? { ...exception, serverId: server.id, rule: 'deprecated-policy' as const } : null
    const edits: ListEdit[] = [{ list: 'servers', values: [server] }]
    if (wish) edits.push(engine.trust.exceptionEdit(wish))
    if (password !== null && identity.type === 'userName') await setSecret(engine, by, identity.secretRef, password)
    if (password !== null && identity.type === 'x509') {
      await orRefuse('user-certificate', async () => checkUserCertificate(password, server))
      await setSecret(engine, by, identity.certificateRef, password)
    }
    const faults = await engine.editor.edit(edits, by, reason)
    if (wish && faults.length === 0) await engine.trust.recordException(wish, by)
    return { faults }
  },
  'config.addPoint': async (engine, { point, reason }, _user, { by }) => ({
    faults: await engine.config.addPoints([point], by, reason),
  }),
  'config.addPoints': async (engine, { points, reason }, _user, { by }) => ({
    faults: await engine.config.addPoints(points, by, reason),
  }),
  'config.preview': (engine, { changes }, _user, { by }) => engine.config.preview(changes, by, ''),
  'config.change': (engine, { changes, reason }, _user, { by }) => engine.config.change(changes, by, reason),
  'config.history': (engine, query) => engine.config.history(query),
  'template.offer': (engine, { text }, _user, { by }) => engine.config.offerTemplate(text, by),
  'template.previewUpgrade': (engine, { templateId, decisions }, _user, { by }) =>
    engine.config.previewUpgrade(templateId, decisions, by),
  'template.upgrade': (engine, { templateId, decisions, reason }, _user, { by }) =>
    engine.config.upgrade(templateId, decisions, by, reason),
  'catalogue.bearings': (engine) =>
    Promise.resolve({
      names: [
        ...bearingNames(engine.catalogue),
        ...(engine.model.plant.bearings ?? []).flatMap(({ name, aliases = [] }) => [name, ...aliases]),
      ],
    }),
  ...bundleMethods,
  'bearing.find': (engine, { name }) =>
    Promise.resolve({ found: bearingFound(engine.catalogue, engine.model.plant.bearings, name) }),
  'mapping.suggest': (engine, asked, _user, { signal }) =>
    suggestMappings({ model: engine.model, twin: engine.twin, nowUs: engine.options.clock.nowUs(), signal }, asked),
  'template.list': (engine) => Promise.resolve(engine.config.templates()),
  'template.preview': (engine, { templateId, site }, _user, { by }) =>
    engine.config.previewTemplate(templateId, site, by),
  'template.instantiate': (engine, { templateId, site, reason }, _user, { by }) =>
    engine.config.instantiate(templateId, site, by, reason),
  'backup.list': (engine) => Promise.resolve(engine.backups.view()),
  // How they end is in the view and, where people must act, on the problem list.
  'backup.make': async (engine, _params, _user, { by }) => {
    await engine.audit.record(by, { action: 'backup.make', subject: engine.backups.folder })
    engine.backups.make('asked').catch(() => undefined)
    return engine.backups.view()
  },
  'backup.cancel': async (engine) => {
    await engine.backups.cancel()
    return engine.backups.view()
  },
  'backup.restore': async (engine, { name, discardNewer, replaceOther }, _user, { by }) => {
    const after = { discardNewer, replaceOther }
    await engine.audit.record(by, { action: 'backup.restore', subject: name, after })
    engine.backups.restore(name, { discardNewer, replaceOther, by }).catch(() => undefined)
    return engine.backups.view()
  },
  'twin.repair': async (engine, _params, user, { by }) => {
    await engine.audit.record(by, { action: 'twin.repair', subject: 'twin' })
    engine.backups.repair(`a repair was asked for by ${user}`)
    return engine.backups.view()
  },
  'quality.start': (engine, { fromUs, toUs }) =>
    Promise.resolve(engine.quality.begin({ fromUs: fromUs ?? undefined, toUs: toUs ?? undefined })),
  'quality.read': (engine) => Promise.resolve(engine.quality.view()),
  'quality.cancel': (engine) => Promise.resolve(engine.quality.cancel()),
  'quality.point': (engine, { pointId }) =>
    Promise.resolve({ ...engine.quality.point(pointId), intake: engine.acquisition.intake(pointId) }),
  'recovery.list': async (engine) => ({ recoveries: await engine.twin.recoveries(50) }),
  ...accessMethods,
  ...healthMethods,
  ...diagnosisMethods,
  ...plotMethods,
}

async function setSecret(engine: Engine, by: Actor, ref: string, value: string): Promise<void> {
  await engine.secrets.set(ref, value)
  // That it was set, never what it is.
  await engine.audit.record(by, { action: 'secret.set', subject: ref })
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
