import type { TrendColumns } from '../../shared/domain/twin.ts'
import { spanOf } from './coarse.ts'
import { scoreOf, type JudgedPoint } from './point.ts'
import type { Span } from './spans.ts'
import { iso, lasting } from './words.ts'

/** One evidence of a machine's run state with what it delivered. */
export interface EvidenceRecord {
  pointId: string
  name: string
  runningAbove: number
  stoppedBelow: number
  columns: TrendColumns
  /** Of the columns. */
  window: Span
}

export interface EvidenceConflict extends Span {
  /** Indexes of the evidences. */
  running: number[]
  stopped: number[]
}

type Vote = Span & { says: boolean }

/** A column in which the value was on both sides of the limits says nothing; one between them says what the one before said. */
function votesOf({ columns, window, runningAbove, stoppedBelow }: EvidenceRecord): Vote[] {
  const votes: Vote[] = []
  let says: boolean | null = null
  for (let i = 0; i < columns.tUs.length; i++) {
    const [least, most] = [columns.min[i] ?? Number.NaN, columns.max[i] ?? Number.NaN]
    if ((columns.count[i] ?? 0) === 0) says = null
    else if (least >= runningAbove) says = true
    else if (most < stoppedBelow) says = false
    else if (!(least >= stoppedBelow && most < runningAbove)) says = null
    if (says === null) continue
    const { fromUs, toUs } = spanOf(columns, i, window)
    const last = votes.at(-1)
    if (last?.says === says && last.toUs === fromUs) last.toUs = toUs
    else votes.push({ fromUs, toUs, says })
  }
  return votes
}

/** Stretches of `leastUs` or more in which some evidence said that the machine ran and another that it stood. */
export function evidenceConflicts(records: readonly EvidenceRecord[], leastUs: number): EvidenceConflict[] {
  const votes = records.map(votesOf)
  const edges = [...new Set(votes.flat().flatMap(({ fromUs, toUs }) => [fromUs, toUs]))].sort((a, b) => a - b)
  const at = votes.map(() => 0)
  const found: (EvidenceConflict & { longestUs: number })[] = []
  for (const [i, fromUs] of edges.slice(0, -1).entries()) {
    const toUs = edges[i + 1] ?? fromUs
    const now = votes.map((list, which) => {
      while ((list[at[which] ?? 0]?.toUs ?? Number.POSITIVE_INFINITY) <= fromUs) at[which] = (at[which] ?? 0) + 1
      const vote = list[at[which] ?? 0]
      return vote && vote.fromUs <= fromUs ? vote.says : null
    })
    const running = now.flatMap((says, index) => (says === true ? [index] : []))
    const stopped = now.flatMap((says, index) => (says === false ? [index] : []))
    if (running.length === 0 || stopped.length === 0) continue
    const last = found.at(-1)
    if (last?.toUs !== fromUs) found.push({ fromUs, toUs, running, stopped, longestUs: toUs - fromUs })
    else {
      last.toUs = toUs
      // Who said what is told of the longest piece.
      if (toUs - fromUs > last.longestUs) Object.assign(last, { running, stopped, longestUs: toUs - fromUs })
    }
  }
  return found
    .filter(({ fromUs, toUs }) => toUs - fromUs >= leastUs)
    .map(({ longestUs: _longestUs, ...conflict }) => conflict)
}

/** What a tag against the majority loses of its score at most; half of it where nothing tells which is right. */
const mostPenalty = 0.3

/** Adds to each tag that stood against the others of its machine what it said, and for how long. */
export function settleRunStates(
  judged: readonly JudgedPoint[],
  records: readonly EvidenceRecord[],
  leastUs: number,
): void {
  if (records.length < 2) return
  const nameOf = (indexes: readonly number[]): string =>
    indexes.map((index) => `"${records[index]?.name ?? ''}"`).join(', ')
  for (const { running, stopped, fromUs, toUs } of evidenceConflicts(records, leastUs)) {
    const undecided = running.length === stopped.length
    const alone = undecided ? [...running, ...stopped] : running.length < stopped.length ? running : stopped
    for (const index of alone) {
      const record = records[index]
      const point = judged.find(({ audit }) => audit.id === record?.pointId)
      if (!record || !point) continue
      const [own, others] = running.includes(index) ? ['runs', stopped] : ['stands', running]
      const against = own === 'runs' ? 'stood' : 'ran'
      const which = undecided ? ' Nothing tells which is right.' : ''
      const { window } = record
      const share = (toUs - fromUs) / Math.max(1, window.toUs - window.fromUs)
      point.audit.findings.push({
        kind: 'run-state',
        from: iso(fromUs),
        to: iso(toUs),
        detail: `It said for ${lasting(toUs - fromUs)} that its machine ${own}, while by ${nameOf(others)} it ${against}.${which} Look at the tag and at its limits in the machine's run state.`,
        penalty: Math.min(mostPenalty, Math.max(0.02, share)) * (undecided ? 0.5 : 1),
      })
      point.audit.score = scoreOf(point.audit)
    }
  }
}
