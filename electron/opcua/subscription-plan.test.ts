import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { limits } from '../../shared/domain/limits.ts'
import { testPoints } from '../testkit/opcua/plant-parts.ts'
import { NodeId, NodeIdType } from 'node-opcua'
import { addressOf, resolveAddress } from './node-address.ts'
import { planSubscriptions } from './subscription-plan.ts'

const bridgeMs = limits.outageToBridgeS * 1_000

describe('subscription plan', () => {
  test('one subscription per rate class, one for waveforms, none for events', () => {
    const points = [
      ...testPoints(['a', 'w1']),
      ...testPoints(['b'], { updateCadenceMs: 1_000 }),
      ...testPoints(['c'], { updateCadenceMs: 10_000 }),
      ...testPoints(['e']).map(({ key, point }) => ({ key, point: { ...point, kind: 'event' as const } })),
    ]
    const plans = planSubscriptions(points, () => Number.NaN, bridgeMs)
    expect(
      plans.map(({ name, items, publishingIntervalMs }) => [
        name,
        items.map(({ handle }) => handle),
        publishingIntervalMs,
      ]),
    ).toEqual([
      ['fast scalars', [0], 100],
      ['waveforms', [1], 50],
      ['scalars', [2], 250],
      ['slow scalars', [3], 1_000],
    ])
    expect(plans[0]?.items[0]).toMatchObject({
      samplingIntervalMs: 50,
      queueSize: 660,
      bothTimestamps: false,
      deadband: null,
    })
    expect(plans[3]?.items[0]).toMatchObject({ samplingIntervalMs: 5_000, queueSize: 7 })
  })

  test('samples on change where the server does, and never faster than it can', () => {
    const points = testPoints(['a', 'b', 'c'])
    const [plan] = planSubscriptions(points, (handle) => [0, 80, Number.NaN][handle] ?? Number.NaN, bridgeMs)
    expect(plan?.items.map(({ samplingIntervalMs }) => samplingIntervalMs)).toEqual([0, 80, 50])
  })

  test('a block an hour is known soon after it is there; a value an hour is looked at twice an hour', () => {
    const [scalar, wave] = testPoints(['a', 'b'])
    if (!scalar?.point.contract || !wave?.point.contract) throw new Error('points without a contract')
    const hourly = { ...scalar.point.contract, updateCadenceMs: 3_600_000 }
    const points = [
      { ...scalar, point: { ...scalar.point, contract: hourly } },
      { ...wave, point: { ...wave.point, kind: 'waveform' as const, contract: { ...hourly, blockSize: 4096 } } },
    ]
    const items = planSubscriptions(points, () => Number.NaN, bridgeMs).flatMap((plan) => plan.items)
    expect(new Map(items.map(({ handle, samplingIntervalMs }) => [handle, samplingIntervalMs]))).toEqual(
      new Map([
        [0, 1_800_000],
        [1, 10_000],
      ]),
    )
  })

  test('queues of one server stay within 128 MiB and a message within its limit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 64 }),
        fc.constantFrom(1_024, 4_096, 65_536),
        fc.nat(300),
        (waveforms, blockSize, scalars) => {
          const points = [
            ...testPoints(
              Array.from({ length: waveforms }, (_unused, i) => `w${i}`),
              { blockSize },
            ),
            ...testPoints(Array.from({ length: scalars }, (_unused, i) => `c${i}`)),
          ]
          const plans = planSubscriptions(points, () => 0, bridgeMs)
          let bytes = 0
          for (const { items, maxNotificationsPerPublish, name } of plans) {
            const each = name === 'waveforms' ? blockSize * 4 + 64 : 40
            expect(maxNotificationsPerPublish * each).toBeLessThanOrEqual(limits.notificationBytes)
            for (const { queueSize } of items) {
              expect(queueSize).toBeGreaterThanOrEqual(2)
              // Two blocks are the least that shows an overflow at all (a queue of one overwrites without a word).
              if (queueSize > 2) bytes += queueSize * each
            }
          }
          // Rounding up costs at most one value a point.
          const slack = waveforms * (blockSize * 4 + 64) + scalars * 40
          expect(bytes).toBeLessThanOrEqual(128 * 1_024 * 1_024 + slack)
        },
      ),
    )
  })
})

describe('node addresses', () => {
  const namespaces = ['http://opcfoundation.org/UA/', 'urn:own', 'urn:a;b%c', 'urn:plant']

  test('resolve by URI and back, whatever the index', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.string({ minLength: 1 }), (index, name) => {
        const address = addressOf(new NodeId(NodeIdType.STRING, name, index), namespaces)
        const moved = [namespaces[0] ?? '', 'urn:new', ...namespaces.slice(1).toReversed()]
        const found = resolveAddress(address, moved)
        expect(moved[found.namespace]).toBe(namespaces[index])
        expect(found.value).toBe(name)
      }),
    )
    expect(resolveAddress('i=85', namespaces).toString()).toBe('ns=0;i=85')
    expect(addressOf(resolveAddress('nsu=urn:plant;i=7', namespaces), namespaces)).toBe('nsu=urn:plant;i=7')
    expect(addressOf(new NodeId(NodeIdType.NUMERIC, 7, 9), namespaces, 'urn:other')).toBe('nsu=urn:other;i=7')
  })

  test('what cannot last or is not there is refused in words', () => {
    expect(() => resolveAddress('ns=3;s=x', namespaces)).toThrow(/index, which moves/)
    expect(() => resolveAddress('nsu=urn:none;s=x', namespaces)).toThrow(/no namespace "urn:none" \(it has /)
    expect(() => resolveAddress('pump-101', namespaces)).toThrow(/is not a NodeId such as/)
    expect(() => resolveAddress('nsu=urn:plant;i=seven', namespaces)).toThrow(/is not a NodeId such as/)
  })
})
