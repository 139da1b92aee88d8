import type { Fault } from '../../shared/domain/fault.ts'
import { bearingFaults } from './bearing-faults.ts'
import { items, part, text, type Raw } from './raw.ts'
import { nearest } from './suggest.ts'

function zoneExists(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

function timeZoneFaults(root: Raw): Fault[] {
  const zone = text(part(root, 'plant'), 'timeZone')
  if (zone === undefined || zoneExists(zone)) return []
  const near = nearest(zone, Intl.supportedValuesOf('timeZone'))
  const remedy = near ? `Did you mean "${near}"?` : 'Use a name of the IANA list, like "Europe/Berlin" or "UTC".'
  return [{ path: 'plant.timeZone', code: 'unknown-time-zone', message: `There is no time zone "${zone}".`, remedy }]
}

function urlFault(url: string, schemes: readonly string[]): string | null {
  const parsed = URL.parse(url)
  if (!parsed || !schemes.includes(parsed.protocol))
    return `is "${url}", which is no address of the form ${schemes.join('// or ')}//host:port`
  if (parsed.hostname === '') return `is "${url}", which names no host`
  return null
}

function destinationFaults(root: Raw): Fault[] {
  return items(root, 'sync').flatMap(([destination, index]) => {
    const path = `sync[${index}]`
    const kind = text(destination, 'kind')
    const url = text(destination, 'url')
    const folder = text(destination, 'path')
    const topic = text(destination, 'topic')
    const faults: Fault[] = []
    // The schema has named an mqtt address without its scheme already.
    if (kind === 'mqtt' && url !== undefined && /^mqtts?:\/\//.test(url)) {
      const what = urlFault(url, ['mqtt:', 'mqtts:'])
      if (what)
        faults.push({
          path: `${path}.url`,
          code: 'bad-url',
          message: `${path}.url ${what}.`,
          remedy: 'Write it as mqtt://host:1883 or mqtts://host:8883.',
        })
    }
    if (kind === 's3' && url !== undefined) {
      const what = urlFault(url, ['https:', 'http:', 's3:'])
      if (what)
        faults.push({
          path: `${path}.url`,
          code: 'bad-url',
          message: `${path}.url ${what}.`,
          remedy: 'Write it as https://host/bucket/prefix.',
        })
    }
    if (topic !== undefined && ['#', '+', '\u0000'].some((one) => topic.includes(one))) {
      const message = `${path}.topic is "${topic}": a message cannot be published to a topic with # or +.`
      faults.push({
        path: `${path}.topic`,
        code: 'bad-topic',
        message,
        remedy: 'Write one topic, like "millwright/plant-a".',
      })
    }
    if (folder !== undefined) faults.push(...folderFaults(folder, `${path}.path`))
    return faults
  })
}

function folderFaults(folder: string, path: string): Fault[] {
  if (folder.includes('\u0000')) {
    return [{ path, code: 'bad-path', message: `${path} contains a NUL character.`, remedy: 'Write a plain path.' }]
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(folder)) {
    const message = `${path} is "${folder}", which is an address and no folder.`
    return [{ path, code: 'bad-path', message, remedy: 'Write a folder, or use the kind "mqtt" or "s3".' }]
  }
  const absolute = /^([/\\]|[a-z]:[/\\])/i.test(folder)
  if (!absolute && folder.split(/[/\\]/).includes('..')) {
    const message = `${path} is "${folder}", which leads out of the data folder it is relative to.`
    return [{ path, code: 'bad-path', message, remedy: 'Write the whole path from the root.' }]
  }
  return []
}

function maintenanceFaults(root: Raw): Fault[] {
  return items(root, 'maintenance').flatMap(([window, index]) => {
    const path = `maintenance[${index}]`
    const from = text(window, 'from')
    const to = text(window, 'to')
    const faults: Fault[] = []
    for (const [key, value] of [
      ['from', from],
      ['to', to],
    ] as const) {
      if (value === undefined || !Number.isNaN(Date.parse(value))) continue
      const message = `${path}.${key} is "${value}", which is no time.`
      faults.push({
        path: `${path}.${key}`,
        code: 'bad-time',
        message,
        remedy: 'Write it like "2026-03-01T06:00:00Z".',
      })
    }
    if (faults.length === 0 && from !== undefined && to !== undefined && Date.parse(to) <= Date.parse(from)) {
      const message = `${path} ends at ${to}, not after it begins at ${from}.`
      faults.push({ path: `${path}.to`, code: 'inverted-range', message, remedy: 'Set "to" later than "from".' })
    }
    return faults
  })
}

/** Time zone, destinations, bearings and maintenance windows. */
export function plantFaults(root: Raw, bearings: readonly string[]): Fault[] {
  return [
    ...timeZoneFaults(root),
    ...destinationFaults(root),
    ...bearingFaults(root, bearings),
    ...maintenanceFaults(root),
  ]
}
