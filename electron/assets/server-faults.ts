import type { Fault } from '../../shared/domain/fault.ts'
import { nodeIdFault } from './node-id.ts'
import { called, isRaw, items, part, text, type Raw } from './raw.ts'

function endpointFaults(url: string | undefined, path: string): Fault[] {
  if (url === undefined || !/^opc\.tcp:\/\/[^\s/]+/.test(url)) return []
  const host = URL.parse(url.replace(/^opc\.tcp:/, 'http:'))
  const port = /:(\d+)(?:\/|$)/.exec(url.slice('opc.tcp://'.length))?.[1]
  if (host && host.hostname !== '' && (port === undefined || (Number(port) > 0 && Number(port) < 65_536))) return []
  const message = `${path}.endpointUrl is "${url}", which names no host and port that can exist.`
  return [
    {
      path: `${path}.endpointUrl`,
      code: 'bad-url',
      message,
      remedy: 'Write it as opc.tcp://host:4840 with a port from 1 to 65535.',
    },
  ]
}

/** Whether an exception is written down; one that has ended is no fault of the file, the link is refused then. */
function isExcepted(root: Raw, server: Raw): boolean {
  const scope = `opcua:${text(server, 'id') ?? ''}:deprecated-policy`
  return items(root, 'exceptions').some(([exception]) => text(exception, 'scope') === scope)
}

function securityFaults(root: Raw, server: Raw, index: number): Fault[] {
  const security = part(server, 'security')
  const path = `servers[${index}].security`
  const mode = text(security, 'mode')
  const policy = text(security, 'policy')
  const name = `Server ${called(server, index)}`
  const faults: Fault[] = []
  if (mode === 'None' && policy !== undefined && policy !== 'None') {
    const message = `${name} asks for the policy ${policy} with mode None, which would protect nothing.`
    const remedy = 'Set "mode" to "SignAndEncrypt", or both to "None" with a reason.'
    faults.push({ path: `${path}.mode`, code: 'security-mismatch', message, remedy })
  } else if (policy === 'None' && mode !== undefined && mode !== 'None') {
    const message = `${name} asks for mode ${mode} with policy None, which has no keys to do it.`
    const remedy = 'Set "policy" to "Basic256Sha256", or both to "None" with a reason.'
    faults.push({ path: `${path}.policy`, code: 'security-mismatch', message, remedy })
  }
  if (mode === 'None' && text(security, 'reason') === undefined) {
    const message = `${name} is used without security and gives no reason.`
    const remedy = 'Use SignAndEncrypt with Basic256Sha256, or write in "reason" why not.'
    faults.push({ path: `${path}.reason`, code: 'security-without-reason', message, remedy })
  }
  if ((policy === 'Basic128Rsa15' || policy === 'Basic256') && !isExcepted(root, server)) {
    const message = `${name} asks for the policy ${policy}, which rests on SHA-1 and is not used any more.`
    const remedy = `Set "policy" to "Basic256Sha256", or add to "exceptions" one of scope "opcua:${text(server, 'id') ?? ''}:deprecated-policy" with owner, reason and until.`
    faults.push({ path: `${path}.policy`, code: 'deprecated-policy', message, remedy })
  }
  if (text(part(server, 'user'), 'type') === 'userName' && (mode === 'None' || policy === 'None')) {
    const message = `${name} would send a user's password over a connection without encryption.`
    const remedy = 'Set mode "SignAndEncrypt" and policy "Basic256Sha256", or the user to anonymous.'
    faults.push({ path: `servers[${index}].user`, code: 'password-in-clear', message, remedy })
  }
  if (text(part(server, 'user'), 'type') === 'x509' && mode === 'None') {
    const message = `${name} cannot prove a user certificate with mode None.`
    const remedy = 'Set mode "SignAndEncrypt" and policy "Basic256Sha256".'
    faults.push({ path: `servers[${index}].user`, code: 'certificate-without-security', message, remedy })
  }
  return faults
}

const listenForm = /^opc\.tcp:\/\/(.+):(\d+)\/?$/
const anywhere = ['0.0.0.0', '[::]']

/** Servers that dial out: whether their addresses can be listened on together and their calls be told apart. */
function reverseFaults(root: Raw): Fault[] {
  const faults: Fault[] = []
  const seen = items(root, 'servers').flatMap(([server, index]) => {
    const reverse = part(server, 'reverse')
    const [, host = '', port = ''] = listenForm.exec(text(reverse, 'listen') ?? '') ?? []
    const uri = text(reverse, 'serverUri')
    return isRaw(server['reverse']) ? [{ server, index, host, port, uri, path: `servers[${index}].reverse` }] : []
  })
  for (const [i, { server, index, host, port, uri, path }] of seen.entries()) {
    const name = `Server ${called(server, index)}`
    if (port !== '' && !(Number(port) > 0 && Number(port) < 65_536)) {
      const message = `${name} is to call port ${port}, which cannot exist.`
      faults.push({ path: `${path}.listen`, code: 'bad-url', message, remedy: 'Use a port from 1 to 65535.' })
    }
    const earlier = seen.slice(0, i)
    const twin = earlier.find((other) => uri !== undefined && other.uri === uri)
    if (twin) {
      const message = `${name} has the serverUri "${uri}" of server ${called(twin.server, twin.index)}: their calls cannot be told apart.`
      const remedy = 'Give each server the application URI that it has itself.'
      faults.push({ path: `${path}.serverUri`, code: 'duplicate-server-uri', message, remedy })
    }
    const clash = earlier.find(
      (other) =>
        port !== '' && other.port === port && other.host !== host && (isAnywhere(host) || isAnywhere(other.host)),
    )
    if (clash) {
      const message = `${name} is to call port ${port} of ${host}, server ${called(clash.server, clash.index)} the same port of ${clash.host}: one contains the other.`
      const remedy = 'Give both the same address, or different ports.'
      faults.push({ path: `${path}.listen`, code: 'listen-clash', message, remedy })
    }
  }
  return faults
}

const isAnywhere = (host: string): boolean => anywhere.includes(host)

/** Nodes whose alarms are to be taken: written so that they survive a restart of their server. */
function notifierFaults(server: Raw, index: number): Fault[] {
  const notifiers: unknown = part(server, 'alarms')['notifiers']
  if (!Array.isArray(notifiers)) return []
  return notifiers.flatMap((nodeId: unknown, i): Fault[] => {
    const fault = typeof nodeId === 'string' && nodeId.trim() !== '' ? nodeIdFault(nodeId) : null
    if (!fault) return []
    return [{ path: `servers[${index}].alarms.notifiers[${i}]`, code: 'bad-node-id', ...fault }]
  })
}

/** Addresses, security and NodeIds. */
export function serverFaults(root: Raw): Fault[] {
  return [
    ...items(root, 'servers').flatMap(([server, index]) =>
      [
        endpointFaults(text(server, 'endpointUrl'), `servers[${index}]`),
        securityFaults(root, server, index),
        notifierFaults(server, index),
      ].flat(),
    ),
    ...reverseFaults(root),
    ...items(root, 'points').flatMap(([point, index]) => {
      const nodeId = part(point, 'source')['nodeId']
      if (typeof nodeId !== 'string' || nodeId.trim() === '') return []
      const fault = nodeIdFault(nodeId)
      if (!fault) return []
      const path = `points[${index}].source.nodeId`
      const message = `The NodeId "${nodeId}" of point ${called(point, index)} ${fault.message}.`
      return [{ path, code: 'bad-node-id', message, remedy: fault.remedy }]
    }),
  ]
}
