import type { Contract } from '../../shared/domain/plant-file.ts'
import type { TrendColumns } from '../../shared/domain/twin.ts'
import { spanOf } from './coarse.ts'
import { wholeWindowValues } from './input.ts'
import { clip, union, type Span } from './spans.ts'
import { spikyColumns } from './spikes.ts'
import { stillsOfColumns } from './stillness.ts'

/** Stretches that show the tag's habits and its clock, evenly over the window, and how many values each should have. */
const probes = 7
const valuesPerProbe = 600
/** Columns read because spikes may be in them. */
const spikyRead = 10
/** Stretches of stillness of which the middle is read: a server may say that it repeats. */
const stillRead = 3

/**
 * What to read value by value: all of it while that is little; of more, a few stretches that show how the tag behaves, and those
 * where its columns look wrong.
 */
export function stretchesToRead(columns: TrendColumns, contract: Contract, window: Span): Span[] {
  let values = 0
  for (let i = 0; i < columns.tUs.length; i++) values += (columns.count[i] as number) + (columns.badCount[i] as number)
  if (values === 0) return []
  if (values <= wholeWindowValues) return [{ ...window }]
  const spanUs = window.toUs - window.fromUs
  const lengthUs = Math.min(spanUs / probes, valuesPerProbe * contract.updateCadenceMs * 1000)
  const wanted: Span[] = []
  for (let i = 0; i < probes; i++) {
    const middleUs = window.fromUs + ((i + 0.5) / probes) * spanUs
    wanted.push({ fromUs: Math.round(middleUs - lengthUs / 2), toUs: Math.round(middleUs + lengthUs / 2) })
  }
  for (const i of spikyColumns(columns, contract).slice(0, spikyRead)) wanted.push(spanOf(columns, i, window))
  const stills = stillsOfColumns(columns, window).stills.toSorted((a, b) => b.toUs - b.fromUs - (a.toUs - a.fromUs))
  for (const { fromUs, toUs } of stills.slice(0, stillRead)) {
    const middleUs = (fromUs + toUs) / 2
    wanted.push({ fromUs: Math.round(middleUs - lengthUs / 8), toUs: Math.round(middleUs + lengthUs / 8) })
  }
  return union(clip(wanted, window))
}
