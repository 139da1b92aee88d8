import type { Fault } from '../../shared/domain/fault.ts'
import { sensorSchema } from '../../shared/domain/sensor.ts'
import { called, formatPath, items, type Raw } from './raw.ts'

/** What is read of a sensor must be readable; the rest of an entry is the site's own. */
export function sensorFaults(root: Raw): Fault[] {
  return items(root, 'sensors').flatMap(([sensor, index]) => {
    const { error } = sensorSchema.safeParse(sensor)
    return (error?.issues ?? []).map((issue): Fault => {
      const path = formatPath(['sensors', index, ...issue.path])
      const key = String(issue.path[0] ?? '')
      const isTime = /^replaced(At)$/.test(key) || issue.path.at(-1) === 'at'
      const isDate = /On$|Due$/.test(key)
      const remedy = isTime
        ? 'Write it like "2026-03-01T08:30:00Z", with its zone.'
        : isDate
          ? 'Write it like "2026-03-01".'
          : key === 'replacements'
            ? 'Write a list of { "at", "serial", "reason" }.'
            : 'Write a text, or take the key away.'
      const what = isTime ? 'no time' : isDate ? 'no date' : 'not what is read there'
      const message = `${path} of sensor ${called(sensor, index)} is ${what}.`
      return { path, code: 'bad-sensor', message, remedy }
    })
  })
}
