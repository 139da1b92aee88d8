import fs from 'node:fs'
import path from 'node:path'
import { openTwinForReading, TwinError, type TwinReader } from '../api.ts'
import type { TestTwin } from '../twin-fixtures.ts'
import { rowsOf, scenarioPoints, sessionAtUs, tickAtUs, type Ledger } from './scenario.ts'

/** What the file holds against what was promised: `verify`, every sample once and in order, alerts, captures, gaps, features. */
export async function judge(where: TestTwin, ledger: Ledger): Promise<string[]> {
  if (ledger.started.size === 0) return []
  const twin = openTwinForReading(where)
  try {
    const faults = (await twin.verify()).map(({ path: at, message }) => `verify: ${at} ${message}`)
    faults.push(...(await ticksOf(twin, ledger)))
    for (const id of ledger.alerts) {
      const count = (await twin.transitions(id)).length
      if (count !== 1) faults.push(`${id}: ${count} transitions`)
    }
    for (const id of ledger.captures) {
      const { length } = (await twin.capture(id))?.samples ?? { length: 0 }
      if (length !== 4096) faults.push(`${id}: ${length} samples`)
    }
    const aside = fs.readdirSync(path.dirname(where.file)).filter((name) => name.startsWith('damaged-'))
    if (aside.length > 0) faults.push(`${aside.join(', ')} was set aside`)
    return faults
  } finally {
    await twin.close()
  }
}

async function ticksOf(twin: TwinReader, ledger: Ledger): Promise<string[]> {
  const faults: string[] = []
  const promised: [number, number][] = [...ledger.ticks]
  // The tick in doubt is there as a whole or not at all.
  const doubted = /^tick (\d+) (\d+)$/.exec(ledger.doubt ?? '')
  const also = promised.map(([session, last]): [number, number] => [
    session,
    Number(doubted?.[1]) === session ? Number(doubted?.[2]) : last,
  ])
  let kept: string | null = null
  for (let pointKey = 1; pointKey <= scenarioPoints; pointKey++) {
    const found = await historyOf(twin, pointKey)
    const which =
      found === expected(promised, pointKey) ? 'promised' : found === expected(also, pointKey) ? 'also' : null
    if (which === null) faults.push(`point ${pointKey}: its history is not what was committed (${ledger.doubt})`)
    else if (kept !== null && kept !== which && doubted)
      faults.push(`tick in doubt: kept for one point and not for another`)
    kept ??= which
  }
  const ticks = kept === 'also' ? also : promised
  const counted = (every: number): number => ticks.reduce((sum, [, last]) => sum + Math.floor(last / every), 0)
  const gaps = (await twin.gaps({})).filter(({ cause }) => cause === 'link-lost').length
  if (gaps !== counted(5)) faults.push(`${gaps} gaps of ${counted(5)}`)
  for (const key of [1, 2]) {
    const features = (await twin.features(key, 0, Number.MAX_SAFE_INTEGER, 50_000)).length
    if (features !== counted(3)) faults.push(`point ${key}: ${features} features of ${counted(3)}`)
  }
  return [...faults, ...(await gapsOfKills(twin, ledger, ticks))]
}

/** What was lost is not more than what was not committed: the gap of a kill begins at the last tick that is there. */
async function gapsOfKills(twin: TwinReader, ledger: Ledger, ticks: [number, number][]): Promise<string[]> {
  const faults: string[] = []
  const engine = (await twin.gaps({})).filter(({ cause }) => cause === 'engine-killed' || cause === 'engine-stopped')
  const between = Math.max(0, ledger.started.size - 1)
  // A session whose start was refused may have been kept.
  const most = between + (ledger.doubt === 'session' ? 1 : 0)
  if (engine.length < between || engine.length > most) faults.push(`${engine.length} gaps between sessions`)
  const lastSafe = ticks.map(([session, last]) => (last === 0 ? sessionAtUs(session) : tickAtUs(session, last)))
  if (ledger.doubt === 'session') lastSafe.push(sessionAtUs(1))
  for (const { cause, startUs, endUs, detail } of engine) {
    if (cause === 'engine-killed' && !lastSafe.includes(startUs)) faults.push(`the gap of a kill begins at ${startUs}`)
    if (endUs === null || endUs < startUs) faults.push(`a gap ends before it begins: ${detail}`)
  }
  return faults
}

async function historyOf(twin: TwinReader, pointKey: number): Promise<string> {
  const page = await twin.scalars(pointKey, -Infinity, Infinity, null, 50_000)
  return Array.from(page.value, (value, i) => `${page.sourceUs[i]} ${value} ${page.status[i]}`).join('\n')
}

function expected(ticks: readonly (readonly [session: number, last: number])[], pointKey: number): string {
  const rows = ticks.flatMap(([session, last]) =>
    Array.from({ length: last }, (_, i) => rowsOf(session, i + 1).filter((row) => row.pointKey === pointKey)).flat(),
  )
  return rows
    .toSorted((a, b) => a.sourceUs - b.sourceUs)
    .map(({ sourceUs, value, status }) => `${sourceUs} ${value} ${status ?? 0}`)
    .join('\n')
}

/** One sentence that says what, where and how to mend it; an error of another kind is none that an operator may see. */
export function judgeError(error: unknown): string[] {
  if (!(error instanceof TwinError)) return [`not a TwinError: ${error instanceof Error ? error.stack : String(error)}`]
  const { message, code } = error
  const good = ['disk-full', 'disk-error'].includes(code)
  const sentence = /^[A-Z].*[^.]\.$/.test(message) && !message.includes('\n') && /[;:]/.test(message)
  return good && sentence ? [] : [`${code}: ${message}`]
}
