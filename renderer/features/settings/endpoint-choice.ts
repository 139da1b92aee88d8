import { serverSchema, type PlantServer } from '../../../shared/domain/plant-file.ts'
import type { EndpointView } from '../../../shared/protocol/methods.ts'
import { checkException, type ExceptionDraft, type ExceptionField } from './server/exception-draft.ts'

/** As it is, or with an exception that has a last day. */
export function isUsable(endpoint: EndpointView): boolean {
  return endpoint.supported || endpoint.needsException === true
}

/** Strongest usable first; unusable ones last, so that what cannot be chosen never heads the list. */
export function orderEndpoints(endpoints: readonly EndpointView[]): EndpointView[] {
  const rank = (endpoint: EndpointView): number => Number(endpoint.supported) + Number(isUsable(endpoint))
  return [...endpoints].sort((a, b) => rank(b) - rank(a) || b.strength - a.strength)
}

/** Index preselected in an ordered list: the strongest that is signed. An insecure one is never preselected. */
export function preselected(ordered: readonly EndpointView[]): number | null {
  const index = ordered.findIndex((endpoint) => endpoint.supported && endpoint.mode !== 'None')
  return index < 0 ? null : index
}

export interface ServerDraft {
  id: string
  name: string
  userType: 'anonymous' | 'userName' | 'x509'
  userName: string
  password: string
  /** Certificate and private key of the user, PEM. */
  userPem: string
  insecureReason: string
  /** For a policy that is not used any more. */
  exception: ExceptionDraft
}

export type ServerField = ExceptionField | 'endpoint' | 'id' | 'userName' | 'password' | 'userPem' | 'insecureReason'
export interface ServerFault {
  field: ServerField
  key: 'required' | 'id' | 'taken' | 'passwordInClear' | 'reason' | 'pem' | 'day'
}

/** Shortest text taken for a reason: long enough that a single keystroke is not one. */
const leastReason = 8

/** Policy name as a plant file writes it, from a discovered endpoint's policy (a name, or a URI ending in one). */
function policyOf(endpoint: EndpointView): PlantServer['security']['policy'] | null {
  const name = endpoint.policy.slice(endpoint.policy.lastIndexOf('#') + 1)
  const parsed = serverSchema.shape.security.shape.policy.safeParse(name)
  return parsed.success ? parsed.data : null
}

export function checkServer(
  draft: ServerDraft,
  endpoint: EndpointView | null,
  taken: ReadonlySet<string>,
  nowUs: number,
): ServerFault[] {
  const faults: ServerFault[] = []
  if (endpoint === null || policyOf(endpoint) === null) faults.push({ field: 'endpoint', key: 'required' })
  if (draft.id.trim() === '') faults.push({ field: 'id', key: 'required' })
  else if (!serverSchema.shape.id.safeParse(draft.id.trim()).success) faults.push({ field: 'id', key: 'id' })
  else if (taken.has(draft.id.trim())) faults.push({ field: 'id', key: 'taken' })
  if (draft.userType === 'userName') {
    if (draft.userName.trim() === '') faults.push({ field: 'userName', key: 'required' })
    if (draft.password === '') faults.push({ field: 'password', key: 'required' })
    if (endpoint?.mode === 'None') faults.push({ field: 'password', key: 'passwordInClear' })
  }
  if (draft.userType === 'x509') {
    const hasBoth = /BEGIN CERTIFICATE-/.test(draft.userPem) && /PRIVATE KEY-/.test(draft.userPem)
    if (!hasBoth) faults.push({ field: 'userPem', key: 'pem' })
    if (endpoint?.mode === 'None') faults.push({ field: 'userPem', key: 'passwordInClear' })
  }
  if (endpoint?.needsException === true) faults.push(...checkException(draft.exception, nowUs))
  if (endpoint?.mode === 'None' && draft.insecureReason.trim().length < leastReason)
    faults.push({ field: 'insecureReason', key: 'reason' })
  return faults
}

/** The plant file's entry for a draft without faults. The password travels apart; the file holds its reference only. */
export function serverFromDraft(draft: ServerDraft, endpoint: EndpointView): PlantServer | null {
  const policy = policyOf(endpoint)
  if (policy === null) return null
  const id = draft.id.trim()
  return {
    id,
    ...(draft.name.trim() === '' ? {} : { name: draft.name.trim() }),
    endpointUrl: endpoint.endpointUrl,
    security: {
      mode: endpoint.mode,
      policy,
      ...(endpoint.mode === 'None' ? { reason: draft.insecureReason.trim() } : {}),
    },
    user:
      draft.userType === 'anonymous'
        ? { type: 'anonymous' }
        : draft.userType === 'x509'
          ? { type: 'x509', certificateRef: `user.${id}` }
          : { type: 'userName', name: draft.userName.trim(), secretRef: `server.${id}` },
  }
}
