import { expect, test } from 'vitest'
import type { Gap } from '../../shared/domain/intake.ts'
import { testPoints } from '../testkit/opcua/plant-parts.ts'
import { RecordingSink } from '../testkit/opcua/recording-sink.ts'
import { GapBook } from './gap-book.ts'
import { ItemTable } from './item-table.ts'

const hourUs = 3_600_000_000
const startUs = 1_700_000_000_000_000

/** A point whose last value came with this time, and that has lost something since. */
function lostAt(lastUs: number) {
  const sink = new RecordingSink()
  const items = new ItemTable(testPoints(['c0']))
  const told: Gap[] = []
  const book = new GapBook('opc-1', sink, items, (_handle, gap) => told.push(gap))
  items.lastSourceUs[0] = lastUs
  book.lost([0], 'server-restart', 'It was restarted.', Number.NaN)
  return { sink, book, told }
}

test('a gap between the two times of a clock that was set back is not filled: what lies there has come already', () => {
  const { sink, book, told } = lostAt(startUs + hourUs)
  // One earlier value may be late; the second shows that the clock was set back.
  for (const us of [startUs, startUs + 1_000]) book.arrived(0, us, false)
  book.flush()
  expect(sink.gaps).toEqual([
    expect.objectContaining({
      startUs: startUs + 1_000,
      endUs: startUs + hourUs,
      detail: expect.stringMatching(/set back/),
    }),
  ])
  expect(told).toEqual([])
})

test('a gap of a clock that only rises is, also an hour later', () => {
  const { sink, book, told } = lostAt(startUs)
  book.arrived(0, startUs + hourUs, false)
  book.flush()
  expect(told).toEqual([{ ...sink.gaps[0], pointKey: 1 }])
})
