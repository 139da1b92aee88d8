import { z } from 'zod'
import type { PlantChange } from './plant-change.ts'
import type { PlantFile, Point } from './plant-file.ts'
import { usFromIso, type TimeUs } from './time.ts'

const words = z.string().trim().min(1)

/**
 * An entry of the plant file's `sensors`. Only what is written here is read; other keys are the site's own and stay.
 * A swap keeps the id, since the place stays the same: `serial` is the one in place, `replacedAt` when it came.
 */
export const sensorSchema = z.looseObject({
  id: words,
  /** A class of sensor: exceptions may be made for it. */
  kind: words.optional(),
  manufacturer: words.optional(),
  model: words.optional(),
  serial: words.optional(),
  /** As on its certificate, with its unit: `100 mV/g`. */
  sensitivity: words.optional(),
  /** Stud, adhesive, magnet, thermowell ... */
  mounting: words.optional(),
  calibratedOn: z.iso.date().optional(),
  calibrationDue: z.iso.date().optional(),
  replacedAt: z.iso.datetime({ offset: true }).optional(),
  /** The day, where the time is not known. */
  replacedOn: z.iso.date().optional(),
  /** Earlier and present swaps, oldest first. */
  replacements: z
    .array(z.strictObject({ at: z.iso.datetime({ offset: true }), serial: words.optional(), reason: words.optional() }))
    .optional(),
})
export type Sensor = z.infer<typeof sensorSchema>
type Entry = Readonly<Record<string, unknown>>

function textOf(entry: Entry, key: string): string | null {
  const value = entry[key]
  return typeof value === 'string' && value !== '' ? value : null
}

/** The day of the last swap; null when there was none. */
export function replacedOf(sensor: Entry): string | null {
  return textOf(sensor, 'replacedAt')?.slice(0, 10) ?? textOf(sensor, 'replacedOn')
}

/** When a day of the plant file begins, in the plant's time zone. */
export function startOfDayUs(date: string, timeZone: string): TimeUs {
  const midnightMs = Date.parse(`${date}T00:00:00Z`)
  return (midnightMs - offsetMs(midnightMs, timeZone)) * 1000
}

function offsetMs(atMs: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  const name = format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)/.exec(name) ?? []
  return sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}

/** Since then the point's readings are another sensor's: no baseline and no trend line goes across. */
export interface SensorBreak {
  readonly tUs: TimeUs
  readonly sensorId: string
  /** Of the sensor that came, where it is known. */
  readonly serial: string | null
}

/** Every swap of the sensor that a point names, oldest first. The last one begins the point's present baseline epoch. */
export function sensorBreaks(
  point: Pick<Point, 'sensorId'>,
  plant: Pick<PlantFile, 'plant' | 'sensors'>,
): SensorBreak[] {
  const { sensorId } = point
  const sensor = sensorId === undefined ? undefined : plant.sensors?.find((entry) => entry['id'] === sensorId)
  if (sensorId === undefined || !sensor) return []
  const swaps = sensorSchema.shape.replacements.safeParse(sensor['replacements']).data ?? []
  const serial = textOf(sensor, 'serial')
  const at = textOf(sensor, 'replacedAt')
  const on = textOf(sensor, 'replacedOn')
  const last = at !== null ? usFromIso(at) : on !== null ? startOfDayUs(on, plant.plant.timeZone) : null
  const breaks = new Map(swaps.map((swap) => [usFromIso(swap.at), swap.serial ?? null]))
  if (last !== null) breaks.set(last, serial)
  return [...breaks]
    .filter(([tUs]) => Number.isFinite(tUs))
    .sort(([a], [b]) => a - b)
    .map(([tUs, of]) => ({ tUs, sensorId, serial: of }))
}

export interface SensorSwap {
  /** ISO time with its zone. */
  readonly at: string
  /** Of the sensor that came. */
  readonly serial: string
  readonly calibrationDue?: string | undefined
  readonly sensitivity?: string | undefined
  readonly reason?: string | undefined
}

/** The changes that record a swap: what is said of the old sensor alone goes, the place and its name stay. */
export function sensorSwapChanges(sensor: Entry, swap: SensorSwap): PlantChange[] {
  const id = textOf(sensor, 'id')
  if (id === null) return []
  const { at, serial, calibrationDue, sensitivity, reason } = swap
  const earlier = sensorSchema.shape.replacements.safeParse(sensor['replacements']).data ?? []
  const wanted: [string, unknown][] = [
    ['serial', serial],
    ['replacedAt', at],
    ['replacedOn', undefined],
    ['calibratedOn', undefined],
    ['calibrationDue', calibrationDue],
    ...(sensitivity === undefined ? [] : [['sensitivity', sensitivity] satisfies [string, unknown]]),
    ['replacements', [...earlier, { at, serial, ...(reason === undefined ? {} : { reason }) }]],
  ]
  return wanted.flatMap(([field, after]): PlantChange[] => {
    const before = sensor[field]
    if (JSON.stringify(before) === JSON.stringify(after)) return []
    const kind = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'
    return [{ kind, section: 'sensors', id, field, before, after }]
  })
}
