import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aheadBy, nextNumber, SequenceLedger } from './ledger.ts'

function ledgerOf(first: number, options = {}) {
  const out: number[] = []
  const ledger = new SequenceLedger<number>((number) => out.push(number), { holdLimit: 64, ...options }, first)
  return { ledger, out }
}

describe('sequence ledger', () => {
  test('delivers each message once and in order, whatever arrives twice, late or only by Republish', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(1, 7, 0xffff_fff0),
        fc.array(fc.record({ at: fc.nat(), kind: fc.constantFrom('swap', 'repeat', 'lose') }), { maxLength: 30 }),
        (count, first, faults) => {
          const numbers: number[] = []
          for (let i = 0, n: number = first; i < count; i += 1, n = nextNumber(n)) numbers.push(n)
          const after = nextNumber(numbers.at(-1) ?? first)
          const wire = [...numbers]
          for (const { at, kind } of faults) {
            if (wire.length === 0) break
            const i = at % wire.length
            if (kind === 'repeat') wire.splice(i, 0, wire[i] ?? first)
            else if (kind === 'lose') wire.splice(i, 1)
            else if (i > 0) [wire[i - 1], wire[i]] = [wire[i] ?? first, wire[i - 1] ?? first]
          }
          const { ledger, out } = ledgerOf(first)
          for (const number of wire) ledger.offer(number, number)
          ledger.keepAlive(after)
          for (let i = 0; i < 100; i += 1) {
            const missing = ledger.missing()
            if (missing === null) break
            ledger.offer(missing, missing)
          }
          expect(out).toEqual(numbers)
          expect(ledger.expected).toBe(after)
        },
      ),
    )
  })

  test('remedy A: a keep-alive announces the next number and does not count as received', () => {
    const withRemedy = ledgerOf(2)
    withRemedy.ledger.keepAlive(3)
    expect(withRemedy.ledger.missing()).toBe(2)
    withRemedy.ledger.offer(2, 2)
    expect(withRemedy.ledger.missing()).toBeNull()
    withRemedy.ledger.offer(3, 3)
    expect(withRemedy.out).toEqual([2, 3])

    const without = ledgerOf(2, { countKeepAlives: true })
    without.ledger.keepAlive(2)
    without.ledger.offer(2, 2)
    expect(without.out).toEqual([])
  })

  test('remedy C: without the ledger a repeated message is delivered twice and a lost one never asked for', () => {
    const without = ledgerOf(1, { passThrough: true })
    for (const n of [1, 2, 2, 4]) without.ledger.offer(n, n)
    expect(without.out).toEqual([1, 2, 2, 4])
    expect(without.ledger.missing()).toBeNull()

    const withRemedy = ledgerOf(1)
    for (const n of [1, 2, 2, 4]) withRemedy.ledger.offer(n, n)
    expect(withRemedy.out).toEqual([1, 2])
    expect(withRemedy.ledger.missing()).toBe(3)
  })

  test('gives up what the server no longer has, one by one or the whole run', () => {
    const { ledger, out } = ledgerOf(1)
    ledger.offer(1, 1)
    ledger.offer(5, 5)
    ledger.offer(6, 6)
    expect(ledger.missingRun).toBe(3)
    ledger.giveUp()
    expect(ledger.missing()).toBe(3)
    ledger.offer(3, 3)
    ledger.giveUp()
    expect(out).toEqual([1, 3, 5, 6])
    ledger.keepAlive(9)
    expect(ledger.missing()).toBe(7)
    ledger.giveUpRun()
    expect(ledger.missing()).toBeNull()
    expect(ledger.expected).toBe(9)
    ledger.giveUp()
    expect(ledger.expected).toBe(9)
  })

  test('numbers wrap from 2^32-1 to 1', () => {
    expect(nextNumber(0xffff_ffff)).toBe(1)
    expect(aheadBy(0xffff_ffff, 1)).toBe(1)
    expect(aheadBy(1, 0xffff_ffff)).toBe(-1)
    expect(aheadBy(5, 9)).toBe(4)
  })
})
