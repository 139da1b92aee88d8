import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DestinationState } from '../../shared/domain/outbox.ts'
import { createSync, DeliveryError, type Batch, type Destination, type Sync, type SyncOptions } from './index.ts'
import { eventually, MemoryOutbox, systemClock } from '../testkit/sync/memory-outbox.ts'

let dataDir = ''
beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'millwright-sync-'))
})
afterAll(() => rm(dataDir, { recursive: true, force: true }))

/** The other side: takes rows, forgets duplicates by identity, and obeys a script of troubles. */
class Model implements Destination {
  readonly effect: string[] = []
  readonly #seen = new Set<string>()
  script: Trouble[] = []
  poison = new Set<number>()
  knowsPoison = true
  attempts = 0

  #take(batch: Batch, upTo: number): void {
    for (const row of batch.rows.slice(0, upTo)) {
      const identity = `${batch.installation}/${batch.epoch}/${batch.stream}/${row.seq}`
      if (this.#seen.has(identity)) continue
      this.#seen.add(identity)
      this.effect.push(`${batch.stream}/${row.seq}`)
    }
  }

  deliver(batch: Batch): Promise<{ confirmedSeq: number }> {
    this.attempts++
    const bad = batch.rows.findIndex((row) => this.poison.has(row.seq))
    if (bad !== -1) {
      const seq = batch.fromSeq + bad
      const options = this.knowsPoison ? { poisonSeq: seq } : { poison: true }
      return Promise.reject(new DeliveryError('The model takes no such row.', options))
    }
    const trouble = this.script.shift() ?? { kind: 'none' }
    const half = batch.rows.length >> 1
    switch (trouble.kind) {
      case 'cut-before':
        return Promise.reject(new DeliveryError('cut'))
      case 'cut-after':
        this.#take(batch, batch.rows.length)
        return Promise.reject(new DeliveryError('cut'))
      case 'half-unconfirmed':
        this.#take(batch, half)
        return Promise.reject(new DeliveryError('cut'))
      case 'half-confirmed':
        this.#take(batch, half)
        return Promise.reject(new DeliveryError('cut', { confirmedSeq: batch.fromSeq - 1 + half }))
      case 'twice':
        this.#take(batch, batch.rows.length)
        this.#take(batch, batch.rows.length)
        return Promise.resolve({ confirmedSeq: batch.toSeq })
      case 'none':
        this.#take(batch, batch.rows.length)
        return Promise.resolve({ confirmedSeq: batch.toSeq })
    }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

interface Trouble {
  kind: 'none' | 'twice' | 'cut-before' | 'cut-after' | 'half-unconfirmed' | 'half-confirmed'
}

function sync(outbox: MemoryOutbox, model: Destination, more: Partial<SyncOptions> = {}): Sync {
  return createSync({
    outbox,
    destinations: [{ id: 'model', kind: 'mqtt', url: 'mqtt://127.0.0.1:1', lane: 'later' }],
    plantId: 'p',
    clock: systemClock,
    random: () => 0.5,
    dataDir,
    secrets: () => Promise.resolve(null),
    onState: () => undefined,
    makeDestination: () => model,
    ...more,
  })
}

const inOrder = (model: Model, stream: string): number[] =>
  model.effect.filter((one) => one.startsWith(stream)).map((one) => Number(one.split('/')[1]))
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)

describe('delivery', () => {
  it('brings each row, once, in order of its stream, through any cuts, duplicates and restarts', async () => {
    const trouble = fc.constantFrom<Trouble['kind']>(
      'none',
      'twice',
      'cut-before',
      'cut-after',
      'half-unconfirmed',
      'half-confirmed',
    )
    const step = fc.record({
      events: fc.integer({ min: 0, max: 6 }),
      features: fc.integer({ min: 0, max: 6 }),
      troubles: fc.array(trouble, { maxLength: 4 }),
      advances: fc.array(fc.boolean(), { maxLength: 6 }),
      restart: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 10 }), async (steps) => {
        const outbox = new MemoryOutbox()
        const model = new Model()
        let advances: boolean[] = []
        outbox.fail = () => {
          if (advances.shift() === true) throw new Error('the twin is busy')
        }
        let running = sync(outbox, model)
        for (const one of steps) {
          outbox.add('events', one.events)
          outbox.add('features', one.features)
          model.script = one.troubles.map((kind) => ({ kind }))
          advances = [...one.advances]
          if (one.restart) running = sync(outbox, model)
          await running.drainOnce()
          // Never confirmed before it arrived.
          for (const stream of ['events', 'features'] as const) {
            const { seq } = await outbox.cursor('model', stream)
            expect(inOrder(model, stream).length).toBeGreaterThanOrEqual(seq)
          }
        }
        model.script = []
        advances = []
        expect(await running.drainOnce()).toMatchObject([{ depth: 0, error: null }])
        for (const stream of ['events', 'features'] as const) {
          expect(inOrder(model, stream)).toEqual(upTo(outbox.rows[stream].length))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('retries by itself, with growing pauses that stay within their bound', async () => {
    const outbox = new MemoryOutbox()
    const model = new Model()
    model.script = Array.from({ length: 12 }, () => ({ kind: 'cut-before' }))
    const pauses: number[] = []
    const running = sync(outbox, model, {
      sleep: (ms) => {
        pauses.push(ms)
        return Promise.resolve()
      },
    })
    outbox.add('events', 3)
    running.start()
    await eventually(() => running.states()[0]?.deliveredRows === 3, 'delivery')
    await running.stop()
    expect(pauses.slice(0, 3)).toEqual([187.5, 375, 750])
    expect(Math.max(...pauses)).toBe(3750)
  })

  it.each([true, false])('sets poison aside with the rest flowing (row named: %s)', async (knowsPoison) => {
    const outbox = new MemoryOutbox()
    const model = new Model()
    model.knowsPoison = knowsPoison
    model.poison = new Set([1, 1500, 1501, 2600])
    outbox.add('features', 2600)
    const aside: number[] = []
    const running = sync(outbox, model, { onQuarantine: ({ row }) => aside.push(row.seq) })
    expect(await running.drainOnce()).toMatchObject([{ depth: 0, error: null }])
    expect(aside).toEqual([1, 1500, 1501, 2600])
    expect(inOrder(model, 'features')).toEqual(upTo(2600).filter((seq) => !model.poison.has(seq)))
    expect(model.attempts).toBeLessThan(200)
  })

  it('does not let a long backlog or a dead destination delay the lane that must arrive now', async () => {
    const outbox = new MemoryOutbox()
    outbox.add('features', 50_000)
    const now = new Model()
    const later: Destination = {
      deliver: () => new Promise(() => undefined),
      close: () => Promise.resolve(),
    }
    let states: DestinationState[] = []
    const running = createSync({
      outbox,
      destinations: [
        { id: 'later', kind: 'folder', path: 'x', lane: 'later' },
        { id: 'now', kind: 'mqtt', url: 'mqtt://127.0.0.1:1', lane: 'now' },
        { id: 's3', kind: 's3', url: 'https://s3.example.net/b', lane: 'later' },
      ],
      plantId: 'p',
      clock: systemClock,
      random: () => 0.5,
      dataDir,
      secrets: () => Promise.resolve(null),
      onState: (all) => (states = all),
      makeDestination: ({ id }) => (id === 'now' ? now : later),
    })
    running.start()
    await eventually(() => states.find((one) => one.id === 'later')?.depth === 50_000, 'backlog seen')
    outbox.add('events', 1)
    running.wake()
    await eventually(() => now.effect.length === 1, 'the event')
    expect(now.effect).toEqual(['events/1'])
    expect(states.map((one) => one.id)).toEqual(['later', 'now', 's3'])
  })

  it('puts events before each page of features', async () => {
    const outbox = new MemoryOutbox()
    outbox.add('features', 6000)
    const model = new Model()
    const original = model.deliver.bind(model)
    model.deliver = (batch) => {
      if (batch.stream === 'features') outbox.add('events', 1)
      return original(batch)
    }
    await sync(outbox, model).drainOnce()
    const firstEvent = model.effect.indexOf('events/1')
    expect(firstEvent).toBe(2000)
  })
})
