import { existsSync, readFileSync } from 'node:fs'
import { applyEdits, modify, parse } from 'jsonc-parser'
import { z } from 'zod'
import { writeAtomically } from './write-atomically.ts'

const addressed = z.looseObject({
  servers: z.array(z.looseObject({ id: z.string(), endpointUrl: z.string() })).min(1),
  sync: z.array(z.looseObject({ id: z.string(), url: z.string().optional() })).optional(),
})

const formattingOptions = { insertSpaces: true, tabSize: 2 }

/**
 * The generated plant file of the simulated plant. It is written once; afterwards it is the operator's (servers and tags
 * are added to it), and only the simulator's addresses, which change with its ports, are brought up to date in place.
 * Answers whether the file was changed.
 */
export function bringUpToDate(file: string, plant: Record<string, unknown>): boolean {
  const generated = addressed.parse(plant)
  if (!existsSync(file)) {
    writeAtomically(file, `${JSON.stringify(plant, undefined, 2)}\n`)
    return true
  }
  const before = readFileSync(file, 'utf8')
  const present = addressed.safeParse(parse(before))
  // A file that cannot be read so far is left as it is: the engine names its faults, and overwriting would lose edits.
  if (!present.success) return false
  const { servers, sync = [] } = present.data
  const wanted = [
    ...generated.servers.map(({ id, endpointUrl }) => {
      const at = servers.findIndex((server) => server.id === id)
      return { list: 'servers', at, key: 'endpointUrl', was: servers[at]?.endpointUrl, is: endpointUrl }
    }),
    ...(generated.sync ?? []).map(({ id, url }) => {
      const at = sync.findIndex((destination) => destination.id === id)
      return { list: 'sync', at, key: 'url', was: sync[at]?.url, is: url }
    }),
  ]
  let after = before
  for (const { list, at, key, was, is } of wanted) {
    // Not in the operator's file any more, or without an address: nothing to bring up to date.
    if (at === -1 || is === undefined || is === was) continue
    after = applyEdits(after, modify(after, [list, at, key], is, { formattingOptions }))
  }
  if (after === before) return false
  writeAtomically(file, after)
  return true
}
