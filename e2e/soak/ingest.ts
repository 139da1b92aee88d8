import fs from 'node:fs'
import { residentMb, sleep } from '../bench/children.ts'
import { planArguments, planPoints } from '../bench/ingest.ts'
import { measure, secure, withEngine, withPlant } from '../bench/ingest-rig.ts'

const everyS = 5
const requiredMBPerHour = 20

interface Slope {
  mbPerHour: number
  /** Half the width of the 95 % interval, from blocks of a minute: readings next to each other are not independent. */
  confidenceMBPerHour: number
}

/** Least squares; the confidence is that of the line through the means of a minute each. */
export function slopeOf(atS: readonly number[], mb: readonly number[]): Slope {
  const { slope } = line(atS, mb)
  const minutes = new Map<number, { t: number[]; y: number[] }>()
  for (const [i, t] of atS.entries()) {
    const minute = Math.floor(t / 60)
    const found = minutes.get(minute) ?? { t: [], y: [] }
    found.t.push(t)
    found.y.push(mb[i] ?? Number.NaN)
    minutes.set(minute, found)
  }
  const means = [...minutes.values()].map(({ t, y }) => [mean(t), mean(y)] as const)
  const coarse = line(
    means.map(([t]) => t),
    means.map(([, y]) => y),
  )
  // Student's t for three to five degrees of freedom is 3.18 to 2.57.
  return { mbPerHour: slope * 3600, confidenceMBPerHour: 3 * coarse.error * 3600 }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function line(x: readonly number[], y: readonly number[]): { slope: number; error: number } {
  const [mx, my] = [mean(x), mean(y)]
  const sxx = x.reduce((sum, value) => sum + (value - mx) ** 2, 0)
  const sxy = x.reduce((sum, value, i) => sum + (value - mx) * ((y[i] ?? 0) - my), 0)
  const slope = sxy / sxx
  const rest = y.reduce((sum, value, i) => sum + (value - my - slope * ((x[i] ?? 0) - mx)) ** 2, 0)
  return { slope, error: Math.sqrt(rest / Math.max(1, x.length - 2) / sxx) }
}

/**
 * 5,000 points at 10 Hz and 32 channels of 25.6 kHz over SignAndEncrypt, everything committed, for `minutes`: what the engine
 * holds is read every five seconds, and the line through the second half must not rise by more than 20 MB an hour, its
 * uncertainty aside; nothing may be lost.
 */
export async function soakIngest(minutes = 10): Promise<{ ok: boolean; report: object }> {
  return withPlant(planArguments, async (plant) => {
    secure(plant.plantFile)
    const atS: number[] = []
    const mb: number[] = []
    const loadBefore = fs.readFileSync('/proc/loadavg', 'utf8').trim()
    const { result, loss } = await withEngine(plant, planPoints, async (engine) => {
      await sleep(10_000)
      const startedMs = performance.now()
      const timer = setInterval(() => {
        atS.push((performance.now() - startedMs) / 1000)
        mb.push(residentMb(engine.pid))
      }, everyS * 1000)
      const run = await measure(engine, plant, minutes * 60)
      clearInterval(timer)
      return { readyS: engine.readyS, ...run }
    })
    const from = Math.floor(atS.length / 2)
    const slope = slopeOf(atS.slice(from), mb.slice(from))
    const perMinute = mb.filter((_, i) => i % (60 / everyS) === 0).map(Math.round)
    const report = {
      minutes,
      readyS: result.readyS,
      valuesPerSecond: result.values / result.seconds,
      blocksPerSecond: result.blocks / result.seconds,
      cores: result.engineCores,
      serverCores: result.serverCores,
      machineBusy: result.machineBusy,
      loadBefore,
      loadAfter: fs.readFileSync('/proc/loadavg', 'utf8').trim(),
      residentMBEachMinute: perMinute,
      residentMBAtMost: Math.max(...mb),
      ...slope,
      loss: loss ?? 'none',
    }
    return { ok: loss === null && slope.mbPerHour - slope.confidenceMBPerHour < requiredMBPerHour, report }
  })
}
