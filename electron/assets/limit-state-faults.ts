import type { Fault } from '../../shared/domain/fault.ts'
import { items, pair, part, text, type Raw } from './raw.ts'

interface Written {
  path: string
  runState: string
  rpm: [number, number] | undefined
  hasBand: boolean
}

const stateOf = (entry: Raw, path: string): Written => ({
  path,
  runState: text(entry, 'runState') ?? 'running',
  rpm: pair(entry, 'rpm'),
  hasBand: entry['rpm'] !== undefined,
})

/** Operating states that could never hold, or of which two hold at once. */
export function stateFaults(
  name: string,
  path: string,
  entries: readonly [Raw, number][],
  point: Raw | undefined,
  root: Raw,
): Fault[] {
  const states = entries.map(([entry, at]) => stateOf(entry, `${path}.limitsByState[${at}]`))
  return [
    ...states.flatMap((state) => bandFaults(name, state)),
    ...states.flatMap((state, at) => overlapFaults(name, state, states.slice(0, at))),
    ...evidenceFaults(name, states, point, root),
  ]
}

function bandFaults(name: string, { path, runState, rpm, hasBand }: Written): Fault[] {
  if (rpm !== undefined && rpm[0] >= rpm[1]) {
    const message = `${name} has a speed band from ${rpm[0]} to ${rpm[1]} rpm, which no speed is in.`
    return [{ path: `${path}.rpm`, code: 'empty-band', message, remedy: 'Write the lower speed first.' }]
  }
  if (!hasBand || runState !== 'not-running') return []
  const message = `${name} has a speed band for a standing machine.`
  return [{ path: `${path}.rpm`, code: 'band-of-standing', message, remedy: 'Leave "rpm" out of this state.' }]
}

function overlapFaults(name: string, state: Written, before: readonly Written[]): Fault[] {
  const other = before.find(
    ({ runState, rpm }) =>
      runState === state.runState &&
      (rpm === undefined || state.rpm === undefined || (rpm[0] < state.rpm[1] && state.rpm[0] < rpm[1])),
  )
  if (!other) return []
  const message = `${name} has limits for ${words(other)} and for ${words(state)}: both states could hold at once.`
  const remedy = 'Let the bands follow each other: a band ends just below its second speed.'
  return [{ path: state.path, code: 'states-overlap', message, remedy }]
}

function words({ runState, rpm }: Written): string {
  if (runState === 'not-running') return 'a standing machine'
  return rpm === undefined ? 'every running speed' : `${rpm[0]} to ${rpm[1]} rpm`
}

/** A state that nothing tells of would never be in force. */
function evidenceFaults(name: string, states: readonly Written[], point: Raw | undefined, root: Raw): Fault[] {
  const [first] = states
  const assetId = point && text(point, 'assetId')
  if (!first || assetId === undefined) return []
  const hasSpeed = items(root, 'points').some(
    ([each]) =>
      text(each, 'assetId') === assetId &&
      text(each, 'kind') === 'scalar' &&
      text(part(each, 'contract'), 'quantity') === 'rotational-speed',
  )
  const banded = states.find(({ hasBand }) => hasBand)
  if (banded && !hasSpeed) {
    const message = `${name} has limits by speed, but machine "${assetId}" has no speed tag with a contract.`
    const remedy = 'Map its speed tag first, or write states without "rpm".'
    return [{ path: `${banded.path}.rpm`, code: 'band-without-speed', message, remedy }]
  }
  const asset = items(root, 'assets').find(([each]) => text(each, 'id') === assetId)?.[0]
  if (hasSpeed || !asset || asset['runState'] !== undefined) return []
  const message = `${name} has limits by run state, but nothing tells whether machine "${assetId}" runs.`
  const remedy = 'Give the machine "runState" evidences, or a speed tag.'
  return [{ path: first.path, code: 'state-without-evidence', message, remedy }]
}
