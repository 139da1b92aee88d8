import { spawn } from 'node:child_process'
import path from 'node:path'
import readline from 'node:readline'
import { openTwinForReading, type TwinReader } from '../api.ts'
import { childUs, pointsOfChild, rowsATick } from '../kill-child.ts'
import { random, type TestTwin } from '../twin-fixtures.ts'

export interface KillReport {
  seed: number
  kills: number
  /** Ticks, alerts and captures whose receipt was out before a kill, and samples found. */
  receipts: number
  samples: number
  compactedTicks: number
  /** From the start of the next process to its first receipt: Node, opening after the kill, the session, one commit. */
  againMs: { median: number; p95: number; most: number }
  faults: string[]
}

interface Line {
  started?: string | null
  receipt?: { number: number; featureHead: number; eventHead: number }
  alert?: string
  eventHead?: number
  capture?: string
}

interface Life {
  session: number
  lines: Line[]
  firstReceiptMs: number
}

/** Runs the child, kills it `delayMs` after its n-th line; what it had promised by then. */
function liveAndDie(where: TestTwin, session: number, afterLines: number, delayMs: number): Promise<Life> {
  const script = path.join(import.meta.dirname, '..', 'kill-child.ts')
  const began = performance.now()
  const child = spawn(process.execPath, [script, where.file, Buffer.from(where.key).toString('hex'), String(session)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: Line[] = []
  let firstReceiptMs = Number.NaN
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | null = null
    readline.createInterface({ input: child.stdout }).on('line', (text) => {
      const line = JSON.parse(text) as Line
      lines.push(line)
      if (line.receipt && Number.isNaN(firstReceiptMs)) firstReceiptMs = performance.now() - began
      if (lines.length >= afterLines) timer ??= setTimeout(() => child.kill('SIGKILL'), delayMs)
    })
    child.on('error', reject)
    child.on('close', (_code, signal) => {
      if (signal === 'SIGKILL') resolve({ session, lines, firstReceiptMs })
      else reject(new Error(`the child of session ${session} ended by itself after ${lines.length} lines`))
    })
  })
}

/**
 * Kills a process that commits and compacts as fast as it can, at seeded moments. The judge is what it had written to its output
 * before: each receipt's data is there, everything is there once and in order, and each kill is a gap.
 */
export async function killCycles(where: TestTwin, seed: number, kills: number): Promise<KillReport> {
  const next = random(seed)
  const faults: string[] = []
  const lives: Life[] = []
  for (let session = 1; session <= kills; session++) {
    const life = await liveAndDie(where, session, 1 + Math.floor(next() * 60), Math.floor(next() * 25))
    const started = life.lines[0]?.started
    if (started !== (session === 1 ? null : 'engine-killed')) faults.push(`session ${session} began after ${started}`)
    lives.push(life)
  }
  const twin = openTwinForReading(where)
  try {
    for (const { path: at, message } of await twin.verify()) faults.push(`verify: ${at} ${message}`)
    let samples = 0
    for (const life of lives) samples += await judgeLife(twin, life, faults)
    const gaps = (await twin.gaps({ limit: 10 * kills })).filter(({ cause }) => cause === 'engine-killed')
    const ends = gaps.map(({ endUs }) => endUs).join(' ')
    if (
      ends !==
      lives
        .slice(1)
        .map(({ session }) => childUs(session, 0))
        .join(' ')
    )
      faults.push('a kill is no gap')
    const receipts = lives.flatMap(({ lines }) => lines.filter(({ started }) => started === undefined)).length
    const { compactedTicks } = await twin.counts()
    return { seed, kills, receipts, samples, compactedTicks, againMs: spread(lives), faults: faults.slice(0, 20) }
  } finally {
    await twin.close()
  }
}

async function judgeLife(twin: TwinReader, { session, lines }: Life, faults: string[]): Promise<number> {
  const lastReceipt = lines.flatMap(({ receipt }) => receipt ?? []).at(-1)?.number ?? 0
  let samples = 0
  for (let key = 1; key <= pointsOfChild; key++) {
    const page = await twin.scalars(key, childUs(session, 0), childUs(session + 1, 0), null, 50_000)
    const ticks = page.count / rowsATick
    samples += page.count
    if (ticks < lastReceipt) faults.push(`session ${session}, point ${key}: ${ticks} of ${lastReceipt} ticks`)
    // Each committed tick exactly once and in order, also those whose receipt the kill swallowed.
    for (let i = 0; i < page.count; i++) {
      const [number, row] = [Math.floor(i / rowsATick) + 1, i % rowsATick]
      const right =
        page.sourceUs[i] === childUs(session, number) + key + row * 100 && page.value[i] === session * 1e6 + number
      if (right) continue
      faults.push(`session ${session}, point ${key}: sample ${i} is not the one of tick ${number}`)
      break
    }
  }
  for (const { alert, capture, eventHead, receipt } of lines) {
    if (alert !== undefined && (await twin.transitions(alert)).length !== 1) faults.push(`${alert} is not there once`)
    if (capture !== undefined && (await twin.capture(capture))?.samples.length !== 4096)
      faults.push(`${capture} is lost`)
    if ((await twin.head('events')) < (eventHead ?? receipt?.eventHead ?? 0)) faults.push('events fell back')
    if ((await twin.head('features')) < (receipt?.featureHead ?? 0)) faults.push('features fell back')
  }
  return samples
}

function spread(lives: readonly Life[]): KillReport['againMs'] {
  const times = lives
    .slice(1)
    .flatMap(({ firstReceiptMs }) => (Number.isNaN(firstReceiptMs) ? [] : [firstReceiptMs]))
    .sort((a, b) => a - b)
  const at = (part: number): number =>
    Math.round(times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0)
  return { median: at(0.5), p95: at(0.95), most: at(1) }
}
