import { describe, expect, it } from 'vitest'
import type { BundleFacts } from '../../../../shared/protocol/bundle.ts'
import { emptyBundleDraft, machineIdOf, nodeIdOf, siteOf, type BundleDraft } from './bundle-draft.ts'

const facts: BundleFacts = {
  name: 'Pumps',
  plantName: 'Plant A',
  madeAt: '2026-01-01T00:00:00Z',
  hash: 'h',
  signer: 's',
  spoken: 's',
  machines: ['pump', 'fan'].map((id) => ({
    id,
    family: id,
    model: null,
    alerts: 0,
    points: [{ id: 'de', name: 'DE' }],
  })),
  templates: 0,
  failureModes: 0,
  bearings: 0,
}
const empty = emptyBundleDraft(facts, { lineId: 'l', serverId: 'opc', nodePattern: 'nsu=urn:b;s={asset}.{point}' })

function said(part: object): BundleDraft {
  return { ...empty, machines: empty.machines.map((machine, i) => (i === 0 ? { ...machine, ...part } : machine)) }
}

describe('what a site says of a bundle', () => {
  it('is nothing until a machine has a name', () => {
    expect(siteOf(empty)).toBeNull()
    expect(siteOf(said({ name: 'Pump 7', isTaken: false }))).toBeNull()
    expect(siteOf(said({ name: 'Pump 7', lineId: '' }))).toBeNull()
  })

  it('follows the name and the pattern, but for what is said otherwise', () => {
    const draft = said({
      name: ' Pump 7 ',
      serial: 'B7',
      nodes: { x: ' ', de: 'nsu=urn:b;s=7' },
      without: new Set(['x']),
    })
    expect(siteOf(draft)).toEqual({
      schema: 'millwright/bundle-site@1',
      serverId: 'opc',
      machines: [
        {
          from: 'pump',
          id: 'pump-7',
          name: 'Pump 7',
          lineId: 'l',
          identity: { serial: 'B7' },
          nodePattern: 'nsu=urn:b;s={asset}.{point}',
          nodes: { de: 'nsu=urn:b;s=7' },
          without: ['x'],
        },
      ],
    })
    const [first] = said({ name: 'Pump 7', id: 'p7' }).machines
    expect(first && [machineIdOf(first), nodeIdOf(first, 'de')]).toEqual(['p7', 'nsu=urn:b;s=p7.de'])
  })
})
