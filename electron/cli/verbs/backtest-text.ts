import type { Backtest, BacktestTrend } from '../../../shared/domain/backtest.ts'

function trendWords(trend: BacktestTrend): string {
  return trend.refused === null
    ? `alarm limit between ${trend.earliest} and ${trend.latest} if it goes on like this (90 %)`
    : `no time to the alarm limit: ${trend.refused}`
}

/** The same result for a reader at a terminal. */
export function backtestText(file: string, result: Backtest): string {
  const lines = [`${file}: ${result.snapshots} snapshots`]
  for (const { from, until, snapshots, settled, features } of result.baselines) {
    lines.push(
      `baseline   snapshots ${from} to ${until} (${snapshots} of them${settled ? '' : ', not settled'}): ${features.join(', ')}`,
    )
  }
  for (const { from, to, state } of result.states) lines.push(`state      ${state} from ${from} to ${to}`)
  if (result.alerts.length === 0) lines.push('alerts     none')
  for (const { index, t, level, evidence, trend } of result.alerts) {
    lines.push(`${level.padEnd(10)} at snapshot ${index} (${t})`)
    lines.push(...evidence.map((words) => `           ${words}`))
    if (trend !== null) lines.push(`           ${trendWords(trend)}`)
  }
  const { firstOutlook: outlook } = result
  if (outlook !== null) {
    lines.push(
      `outlook    from snapshot ${outlook.index} (${outlook.t}): ${outlook.feature} reaches its alarm limit between ${outlook.earliest} and ${outlook.latest} if it goes on like this (90 %)`,
    )
  }
  lines.push(...result.notes.map((words) => `note       ${words}`))
  return `${lines.join('\n')}\n`
}
