import { isAbsolute, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { PlantInputError } from './plant-input-error.ts'
import { defaultSpeedUp, isScenarioName, scenarioNames, type ScenarioName } from './scenarios.ts'
import type { SimulatedPlantOptions } from './simulated-plant.ts'

export interface PlantRun extends SimulatedPlantOptions {
  /** `--write-plant FILE`: where the plant file of this server goes. */
  writePlant: string | null
}

export const defaultScenario: ScenarioName = 'bearing-outer-race'

export const plantUsage =
  'usage: millwright plant [--port N] [--scenario NAME] [--speed-up X] [--seed N] [--points N] [--waveforms N] [--rate HZ] ' +
  '[--replay INDEX.json [--record ID,...]] [--write-plant FILE] [--pki DIR] [--broker mqtt://HOST:PORT] [--cloud DIR]\n' +
  `scenarios: ${scenarioNames.join(', ')}\n`

const text = { type: 'string' } as const

/** Reads the verb's arguments; relative paths are meant from `cwd`. Throws PlantInputError with one sentence. */
export function parsePlantArguments(argv: readonly string[], cwd: string): PlantRun {
  const values = parsed(argv)
  const path = (value: string | undefined): string | undefined =>
    value === undefined || isAbsolute(value) ? value : resolve(cwd, value)
  const counters = whole(values.points, '--points', 0, 20_000) ?? 0
  const waveforms = whole(values.waveforms, '--waveforms', 0, 64) ?? 0
  const replayFile = path(values.replay)
  if (values.record !== undefined && replayFile === undefined)
    throw new PlantInputError('--record names records of an index: give the index too, with --replay INDEX.json')
  const speedUp = number(values['speed-up'], '--speed-up', 0.001, 1e6)
  // Load and replay runs serve what they are asked for and nothing else, unless a scenario is named.
  const alone = counters === 0 && waveforms === 0 && replayFile === undefined
  return {
    port: whole(values.port, '--port', 0, 65_535) ?? 0,
    seed: whole(values.seed, '--seed', 0, 0xffffffff) ?? 1,
    scenario: scenario(values.scenario) ?? (alone ? defaultScenario : null),
    speedUp: speedUp ?? defaultSpeedUp,
    counters,
    waveforms,
    rateHz: number(values.rate, '--rate', 0.01, 100),
    replay:
      replayFile === undefined
        ? null
        : { indexFile: replayFile, recordIds: list(values.record), speedUp: speedUp ?? 1 },
    pkiDir: path(values.pki),
    broker: broker(values.broker),
    cloudDir: path(values.cloud),
    writePlant: path(values['write-plant']) ?? null,
  }
}

function parsed(argv: readonly string[]): Partial<Record<string, string>> {
  try {
    const { values } = parseArgs({
      args: [...argv],
      strict: true,
      allowPositionals: false,
      options: {
        port: text,
        scenario: text,
        'speed-up': text,
        seed: text,
        points: text,
        waveforms: text,
        rate: text,
        replay: text,
        record: text,
        'write-plant': text,
        pki: text,
        broker: text,
        cloud: text,
        json: { type: 'boolean' },
      },
    })
    const { json: _json, ...rest } = values
    return rest
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('. ')[0] : String(cause)
    throw new PlantInputError(`millwright plant: ${why}\n${plantUsage}`, { cause })
  }
}

function number(value: string | undefined, name: string, low: number, high: number): number | null {
  if (value === undefined) return null
  const read = Number(value)
  if (value.trim() === '' || !(read >= low && read <= high))
    throw new PlantInputError(`${name} takes a number from ${low} to ${high}, not "${value}"`)
  return read
}

function whole(value: string | undefined, name: string, low: number, high: number): number | null {
  const read = number(value, name, low, high)
  if (read !== null && !Number.isInteger(read))
    throw new PlantInputError(`${name} takes a whole number from ${low} to ${high}, not "${value}"`)
  return read
}

function scenario(value: string | undefined): ScenarioName | null {
  if (value === undefined) return null
  if (!isScenarioName(value))
    throw new PlantInputError(`there is no scenario "${value}": choose one of ${scenarioNames.join(', ')}`)
  return value
}

function list(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function broker(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  if (!/^mqtt:\/\/[^\s/:]+(:\d+)?\/?$/.test(value))
    throw new PlantInputError(`--broker takes mqtt://HOST:PORT, not "${value}"`)
  return value
}
