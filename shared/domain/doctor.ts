/** The way from this machine to a value, in the order it is walked; each step needs the ones before it. */
export const connectionSteps = [
  'dns',
  'tcp',
  'hello',
  'channel',
  'certificate',
  'session',
  'token',
  'namespace',
  'subscription',
  'clock-offset',
  'data-flow',
] as const
export type ConnectionStep = (typeof connectionSteps)[number]

/** What a step is called in sentences. */
export const stepWords: Record<ConnectionStep, string> = {
  dns: 'Name of the server',
  tcp: 'Network and port',
  hello: 'OPC UA greeting',
  channel: 'Endpoints and security',
  certificate: 'Certificates',
  session: 'Session',
  token: 'User',
  namespace: 'Namespaces',
  subscription: 'Subscription',
  'clock-offset': 'Clock',
  'data-flow': 'Data flow',
}

export interface DoctorStep {
  name: string
  result: 'pass' | 'fail' | 'skipped'
  /** What was found, with its numbers. */
  detail: string
  /** What that means. */
  meaning: string
  /** What to do; null when there is nothing to do. */
  remedy: string | null
  tookMs: number
}

export interface DoctorReport {
  schema: 'millwright/doctor@1'
  subject: 'machine' | 'connection'
  endpointUrl: string | null
  /** ISO time of the start. */
  at: string
  ok: boolean
  /** Name of the first step that failed. */
  firstFault: string | null
  steps: DoctorStep[]
}

export function doctorReport(
  subject: DoctorReport['subject'],
  endpointUrl: string | null,
  at: string,
  steps: DoctorStep[],
): DoctorReport {
  const firstFault = steps.find(({ result }) => result === 'fail')?.name ?? null
  return { schema: 'millwright/doctor@1', subject, endpointUrl, at, ok: firstFault === null, firstFault, steps }
}

/** Addresses are the same without regard to case and a slash at the end. */
export function sameEndpoint(a: string, b: string): boolean {
  const plain = (url: string): string => url.trim().toLowerCase().replace(/\/+$/, '')
  return plain(a) === plain(b)
}
