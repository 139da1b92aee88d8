import type { Fault } from '../../shared/domain/fault.ts'
import { called, items, isRaw, number, pair, part, text, type Raw } from './raw.ts'
import { stateFaults } from './limit-state-faults.ts'
import { meant } from './suggest.ts'

/** Features a point of that kind has: a scalar is its own value, a waveform has the vector of its blocks. */
function featuresOf(kind: string | undefined, featureNames: readonly string[]): readonly string[] {
  return kind === 'scalar' ? ['value'] : kind === 'waveform' ? featureNames : []
}

function featureFault(
  feature: string | undefined,
  point: Raw | undefined,
  path: string,
  featureNames: readonly string[],
): Fault[] {
  const kind = point && text(point, 'kind')
  if (feature === undefined || !point || !['scalar', 'waveform', 'event'].includes(kind ?? '')) return []
  const known = featuresOf(kind, featureNames)
  if (known.includes(feature)) return []
  const message = `${path} is "${feature}", which the ${kind} point "${text(point, 'id')}" does not have.`
  const otherwise = 'Name a scalar or waveform point; an event has no value to judge.'
  return [{ path, code: 'unknown-feature', message, remedy: meant(feature, known, otherwise) }]
}

/** One pair of limits: of the rule, or of one of its operating states. `where` says which in a sentence. */
function pairFaults(
  limits: Raw,
  path: string,
  where: string,
  alert: { raw: Raw; path: string; name: string; point: Raw | undefined },
): Fault[] {
  const warning = number(limits, 'warning')
  const alarm = number(limits, 'alarm')
  const deadband = number(alert.raw, 'deadband')
  if (warning !== undefined && alarm !== undefined && warning >= alarm) {
    const message = `${alert.name} warns at ${warning}, not before its alarm at ${alarm}${where}.`
    const remedy = 'Set "warning" below "alarm", or leave one of them out.'
    return [{ path: `${path}.warning`, code: 'warning-above-alarm', message, remedy }]
  }
  if (deadband === undefined || deadband <= 0) return []
  const isPair = warning !== undefined && alarm !== undefined
  const span = isPair ? alarm - warning : valueSpan(alert.raw, alert.point)
  if (span === undefined || deadband < span) return []
  const between = isPair ? 'warning and alarm' : "the ends of the point's expected range"
  const message = `The deadband ${deadband} of ${lower(alert.name)} is as wide as the ${Number(span.toPrecision(6))} between ${between}${where}, so the alert could not ease.`
  const remedy = `Set "deadband" to a few percent of the limit, like ${Number((span / 20).toPrecision(2))}.`
  return [{ path: `${alert.path}.deadband`, code: 'deadband-too-wide', message, remedy }]
}

const lower = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

function limitFaults(raw: Raw, index: number, point: Raw | undefined, root: Raw): Fault[] {
  const path = `alerts[${index}]`
  const alert = { raw, path, name: `Alert ${called(raw, index)}`, point }
  const states = items(raw, 'limitsByState')
  const of = (entry: Raw): Raw => part(entry, 'limits')
  const hasLimits = (limits: Raw): boolean => limits['warning'] !== undefined || limits['alarm'] !== undefined
  if (isRaw(raw['limits']) && !hasLimits(part(raw, 'limits')) && !states.some(([entry]) => hasLimits(of(entry)))) {
    const message = `${alert.name} has no limit, so it can never be raised.`
    return [{ path: `${path}.limits`, code: 'no-limit', message, remedy: 'Add "warning", "alarm" or both.' }]
  }
  const own = isRaw(raw['limits']) ? pairFaults(part(raw, 'limits'), `${path}.limits`, '', alert) : []
  const byState = states.flatMap(([entry, at]) => {
    const where = ` in state ${at + 1} of "limitsByState"`
    return pairFaults(of(entry), `${path}.limitsByState[${at}].limits`, where, alert)
  })
  // The deadband is one for all: one sentence is enough.
  const faults = [...own, ...byState]
  const isFirst = (fault: Fault): boolean =>
    faults.findIndex((other) => other.path === fault.path) === faults.indexOf(fault)
  return [...faults.filter(isFirst), ...stateFaults(alert.name, path, states, point, root)]
}

function valueSpan(alert: Raw, point: Raw | undefined): number | undefined {
  if (!point || text(alert, 'feature') !== 'value') return undefined
  const range = pair(part(point, 'contract'), 'expectedRange')
  return range && range[1] > range[0] ? range[1] - range[0] : undefined
}

function runStateFaults(
  asset: Raw,
  index: number,
  points: Map<string | undefined, Raw>,
  names: readonly string[],
): Fault[] {
  const runState = part(asset, 'runState')
  const evidences = items(runState, 'evidences')
  const path = `assets[${index}].runState`
  const quorum = number(runState, 'quorum')
  const faults = evidences.flatMap(([evidence, at]) => {
    const here = `${path}.evidences[${at}]`
    const above = number(evidence, 'runningAbove')
    const below = number(evidence, 'stoppedBelow')
    const found = featureFault(
      text(evidence, 'feature'),
      points.get(text(evidence, 'pointId')),
      `${here}.feature`,
      names,
    )
    if (above !== undefined && below !== undefined && below > above) {
      const message = `${here} calls the machine stopped below ${below} and running above ${above}: between them it would be both.`
      found.push({
        path: `${here}.stoppedBelow`,
        code: 'run-state-overlap',
        message,
        remedy: 'Set "stoppedBelow" at or under "runningAbove".',
      })
    }
    return found
  })
  if (quorum !== undefined && evidences.length > 0 && quorum > evidences.length) {
    const message = `${path}.quorum asks for ${quorum} evidences of ${evidences.length}, so the machine could never be seen running.`
    faults.push({
      path: `${path}.quorum`,
      code: 'quorum-too-large',
      message,
      remedy: `Set it to ${evidences.length} or less.`,
    })
  }
  return faults
}

/** Alerts that could never be raised, never clear, or look at what a point does not have; run-state evidences likewise. */
export function alertFaults(root: Raw, featureNames: readonly string[]): Fault[] {
  const points = new Map(items(root, 'points').map(([point]) => [text(point, 'id'), point]))
  return [
    ...items(root, 'alerts').flatMap(([alert, index]) => {
      const point = points.get(text(alert, 'pointId'))
      const faults = [
        featureFault(text(alert, 'feature'), point, `alerts[${index}].feature`, featureNames),
        limitFaults(alert, index, point, root),
      ].flat()
      if (point && point['contract'] === undefined) {
        const message = `Alert ${called(alert, index)} watches the point "${text(point, 'id')}", which has no contract and therefore never alarms.`
        faults.push({
          path: `alerts[${index}].pointId`,
          code: 'alert-without-contract',
          message,
          remedy: 'Write a contract for that point first.',
        })
      }
      return faults
    }),
    ...items(root, 'assets').flatMap(([asset, index]) => runStateFaults(asset, index, points, featureNames)),
  ]
}
