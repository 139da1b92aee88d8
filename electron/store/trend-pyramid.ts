import { bucketsOf, type RollupNode } from './tables/rollups.ts'
import type { Columns } from './trend-columns.ts'

/** A pyramid of roll-ups, of samples or of one feature, with the chunks it stands on, and the trend that is made of both. */
export interface Pyramid {
  trend: Columns
  roots: readonly RollupNode[]
  /** Last time of which retention has removed chunks. */
  removedUs: number
  /** Where the whole trend begins. */
  fromUs: number
  /** Those that may hold rows of [fromUs, toUs). */
  childrenOf: (node: RollupNode, fromUs: number, toUs: number) => readonly RollupNode[]
  /** False when retention has removed it. */
  hasChunk: (id: number) => boolean
  /** Adds rows of [fromUs, toUs) one by one; false when retention has removed the chunk. */
  addChunk: (id: number, fromUs: number, toUs: number) => boolean
  /** The same for every chunk that has its leaf. */
  addChunks: (fromUs: number, toUs: number) => void
}

/** Whole buckets of the widest width from roll-ups, what is left at both ends from narrower ones, in the end from chunks. */
export function addRolled(from: Pyramid, fromUs: number, toUs: number, widths: readonly number[]): void {
  if (!(toUs > fromUs)) return
  const width = widths.at(-1)
  if (width === undefined) {
    from.addChunks(fromUs, toUs)
    addRemoved(from, from.roots, fromUs, toUs)
    return
  }
  const narrower = widths.slice(0, -1)
  const firstUs = Math.ceil(fromUs / width) * width
  const lastUs = Math.floor(toUs / width) * width
  if (firstUs >= lastUs) return addRolled(from, fromUs, toUs, narrower)
  addRolled(from, fromUs, firstUs, narrower)
  for (const root of from.roots) addNode(from, root, firstUs, lastUs, width)
  addRolled(from, lastUs, toUs, narrower)
}

function addNode(from: Pyramid, node: RollupNode, fromUs: number, toUs: number, width: number): void {
  if (node.maxUs < fromUs || node.minUs >= toUs) return
  if (node.widthUs > width) {
    if (node.chunk === null) {
      for (const child of from.childrenOf(node, fromUs, toUs)) addNode(from, child, fromUs, toUs, width)
      return
    }
    if (!from.addChunk(node.chunk, fromUs, toUs)) addBuckets(from, node, fromUs, toUs, from.fromUs)
    return
  }
  addBuckets(from, node, fromUs, toUs)
}

/** Where retention has removed the chunks: their buckets are the finest there is, however wide. */
export function addRemoved(from: Pyramid, nodes: readonly RollupNode[], fromUs: number, toUs: number): void {
  if (fromUs > from.removedUs) return
  for (const node of nodes) {
    if (node.maxUs < fromUs || node.minUs >= toUs) continue
    if (node.chunk === null) addRemoved(from, from.childrenOf(node, fromUs, toUs), fromUs, toUs)
    else if (!from.hasChunk(node.chunk)) addBuckets(from, node, fromUs, toUs, from.fromUs)
  }
}

/** A bucket is where it starts; with `firstUs` one that reaches over that time counts from there. */
function addBuckets({ trend }: Pyramid, node: RollupNode, fromUs: number, toUs: number, firstUs = Infinity): void {
  const b = bucketsOf(node)
  for (let i = 0; i < b.start.length; i++) {
    const startUs = (b.start[i] as number) * b.widthUs
    const tUs = fromUs === firstUs && startUs < firstUs && startUs + b.widthUs > firstUs ? firstUs : startUs
    if (tUs < fromUs || tUs >= toUs) continue
    const [count, bad] = [b.count[i] as number, b.badCount[i] as number]
    trend.addMany(tUs, count, bad, b.min[i] as number, b.max[i] as number, b.sum[i] as number)
  }
}
