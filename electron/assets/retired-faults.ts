import type { Fault } from '../../shared/domain/fault.ts'
import { items, part, text, type Raw } from './raw.ts'

const sections = ['assets', 'points', 'alerts'] as const

/** Ids of what has left service stay taken: two machines under one id would share one history. */
export function retiredFaults(root: Raw): Fault[] {
  const taken = new Map<string, string>()
  for (const section of sections)
    for (const [entry, index] of items(root, section)) {
      const id = text(entry, 'id')
      if (id !== undefined) taken.set(`${section} ${id}`, `${section}[${index}]`)
    }
  return items(root, 'retired').flatMap(([retired, index]) =>
    sections.flatMap((section) =>
      items(part(retired, 'entries'), section).flatMap(([entry, at]): Fault[] => {
        const id = text(entry, 'id')
        const place = id === undefined ? undefined : taken.get(`${section} ${id}`)
        if (id === undefined || place === undefined) return []
        return [
          {
            path: `${place}.id`,
            code: 'retired-id',
            message: `The id "${id}" belongs to what has left service (retired[${index}].entries.${section}[${at}]): both would share one history.`,
            remedy: 'Give the new one another id, or bring the retired one back.',
          },
        ]
      }),
    ),
  )
}
