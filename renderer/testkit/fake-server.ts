import { connectionSteps } from '../../shared/domain/doctor.ts'
import type { BrowseEntry, MethodResult, NodeView } from '../../shared/protocol/methods.ts'

export const fakeEndpoints: MethodResult<'server.discover'> = {
  endpoints: [
    {
      endpointUrl: 'opc.tcp://127.0.0.1:4840',
      mode: 'SignAndEncrypt',
      policy: 'Basic256Sha256',
      tokens: ['anonymous', 'userName'],
      strength: 2,
      supported: true,
      remark: null,
    },
    {
      endpointUrl: 'opc.tcp://127.0.0.1:4840',
      mode: 'None',
      policy: 'None',
      tokens: ['anonymous'],
      strength: 0,
      supported: true,
      remark: 'Neither signed nor encrypted.',
    },
  ],
}

const node = { dataType: null, valueRank: null, unit: null, range: null, minimumSamplingIntervalMs: null }

export const fakeNodes: MethodResult<'server.browse'> = {
  entries: [
    {
      ...node,
      nodeId: 'nsu=urn:millwright:plant;s=pump-101',
      browseName: 'pump-101',
      displayName: 'Feed pump 101',
      nodeClass: 'object',
      hasChildren: true,
    },
    {
      ...node,
      nodeId: 'nsu=urn:millwright:plant;s=many',
      browseName: 'many',
      displayName: 'Ten thousand tags',
      nodeClass: 'object',
      hasChildren: true,
    },
    {
      ...node,
      nodeId: 'nsu=urn:millwright:plant;s=pump-101.temp',
      browseName: 'temp',
      displayName: 'Temperature',
      nodeClass: 'variable',
      hasChildren: false,
      dataType: 'Double',
      valueRank: -1,
      unit: 'degC',
      range: [-20, 150],
      minimumSamplingIntervalMs: 100,
    },
    {
      ...node,
      nodeId: 'nsu=urn:millwright:plant;s=pump-101.accel',
      browseName: 'accel',
      displayName: 'Acceleration',
      nodeClass: 'variable',
      hasChildren: false,
      dataType: 'Float',
      valueRank: 1,
      unit: 'g',
      range: [-50, 50],
      minimumSamplingIntervalMs: 160,
    },
  ],
}

export const fakeCertificates: MethodResult<'server.certificates'> = {
  certificates: [
    {
      thumbprint: '9F2C11D0A4',
      subject: 'CN=Simulated plant',
      issuer: null,
      applicationUri: 'urn:millwright:plant',
      hostNames: ['127.0.0.1'],
      keyBits: 2048,
      store: 'rejected',
      validFromUs: 1.7e15,
      validToUs: 1.9e15,
      expiry: null,
      remarks: ['Self-signed.'],
    },
  ],
}

export const fakeReview: MethodResult<'server.review'> = {
  serverId: 'plant',
  certificate: fakeCertificates.certificates[0] ?? null,
  findings: [
    {
      kind: 'untrusted',
      message: 'Nobody here trusts it.',
      remedy: 'Compare the thumbprint with the one the server itself shows, then trust it.',
      rule: null,
      accepted: null,
    },
    {
      kind: 'host-name',
      message: 'It does not name the host "10.0.0.7" (it names plc-7).',
      remedy: 'Create a certificate with this host name on the server.',
      rule: 'host-name',
      accepted: null,
    },
  ],
}

export function fakeCheck(isFailing: boolean): MethodResult<'doctor.read'> {
  const steps = connectionSteps.map((name, index) => {
    const result = !isFailing || index < 4 ? 'pass' : index === 4 ? 'fail' : 'skipped'
    const detail = {
      pass: 'As it should be.',
      fail: 'The server shows a certificate that nobody here has trusted yet.',
      skipped: 'For this the step "Certificates" has to pass first.',
    }[result]
    const remedy = result === 'fail' ? 'Compare the thumbprint with the one on the server, then trust it.' : null
    return { name, result, detail, meaning: 'What that means.', remedy, tookMs: 3 * index } as const
  })
  return { steps: [...steps], done: true }
}

/** A folder as large as they come: only its first entries are described. */
export const fakeMany: MethodResult<'server.browse'> = {
  entries: Array.from({ length: 10_000 }, (_, index): BrowseEntry => {
    const name = `tag-${String(index).padStart(5, '0')}`
    return {
      ...node,
      nodeId: `nsu=urn:millwright:plant;s=${name}`,
      browseName: name,
      displayName: name,
      nodeClass: 'variable',
      hasChildren: false,
      described: false,
    }
  }),
  more: false,
}

export function fakeDescribed(nodeId: string): BrowseEntry {
  const known = [...fakeNodes.entries, ...fakeMany.entries].find((entry) => entry.nodeId === nodeId)
  const name = known?.displayName ?? nodeId
  return {
    ...node,
    nodeId,
    browseName: name,
    displayName: name,
    nodeClass: 'variable',
    hasChildren: false,
    dataType: 'Double',
    valueRank: -1,
    unit: 'degC',
    range: [-20, 150],
    ...(known?.described === false ? {} : known),
    described: true,
  }
}

export function fakeNode(nodeId: string, nowUs: number): NodeView & { number: number } {
  const number = Number((40 + 5 * Math.sin(nowUs / 7e6)).toFixed(2))
  return {
    ...fakeDescribed(nodeId),
    description: 'A made-up tag.',
    accessLevel: 1,
    value: String(number),
    number,
    status: 0,
    sourceUs: nowUs - 120_000,
    serverUs: nowUs - 100_000,
  }
}

export function fakeSearch(text: string): MethodResult<'server.search'> {
  const words = text.toLowerCase()
  const all = [...fakeNodes.entries, ...fakeMany.entries]
  const found = all.filter(({ displayName }) => displayName.toLowerCase().includes(words))
  return {
    nodes: found
      .slice(0, 100)
      .map(({ nodeId, displayName, nodeClass }) => ({ nodeId, displayName, nodeClass, path: ['Plant'] })),
    matches: found.length,
    searched: all.length,
    complete: true,
  }
}
