import { existsSync, readFileSync } from 'node:fs'
import { applyEdits, modify, parse } from 'jsonc-parser'
import { z } from 'zod'
import { writeAtomically } from './write-atomically.ts'

const withServers = z.looseObject({
  servers: z.array(z.looseObject({ id: z.string(), endpointUrl: z.string() })).min(1),
})

/**
 * The generated plant file of the simulated plant. It is written once; afterwards it is the operator's (servers and tags
 * are added to it), and only the simulator's address, which changes with its port, is brought up to date in place.
 * Answers whether the file was changed.
 */
export function bringUpToDate(file: string, plant: Record<string, unknown>): boolean {
  const generated = withServers.parse(plant)
  if (!existsSync(file)) {
    writeAtomically(file, `${JSON.stringify(plant, undefined, 2)}\n`)
    return true
  }
  const before = readFileSync(file, 'utf8')
  const present = withServers.safeParse(parse(before))
  // A file that cannot be read so far is left as it is: the engine names its faults, and overwriting would lose edits.
  if (!present.success) return false
  let after = before
  for (const server of generated.servers) {
    const index = present.data.servers.findIndex(({ id }) => id === server.id)
    if (index === -1 || present.data.servers[index]?.endpointUrl === server.endpointUrl) continue
    after = applyEdits(
      after,
      modify(after, ['servers', index, 'endpointUrl'], server.endpointUrl, {
        formattingOptions: { insertSpaces: true, tabSize: 2 },
      }),
    )
  }
  if (after === before) return false
  writeAtomically(file, after)
  return true
}
