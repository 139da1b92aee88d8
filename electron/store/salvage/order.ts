import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { writeDurably } from '../identity-file.ts'

/**
 * `salvage.json` beside the twin: how far the way back from damage is. `begin`: the damaged file goes to `folder` and a new twin
 * begins. `collect`: the new twin is in use, and what can be proven is collected from `folder`. `merge`: that is done and
 * joins the new twin at the next opening.
 */
const schema = z.object({
  schema: z.literal('millwright/salvage@1'),
  phase: z.enum(['begin', 'collect', 'merge']),
  folder: z.string().min(1),
  why: z.string(),
  atUs: z.number(),
  /** Of `merge`: what is lost, and the backup that filled in. */
  report: z
    .object({
      losses: z.array(
        z.object({
          what: z.enum(['samples', 'ticks', 'features', 'captures', 'events', 'records']),
          pointKey: z.int().nullable(),
          fromUs: z.number().nullable(),
          toUs: z.number().nullable(),
          count: z.number().nullable(),
        }),
      ),
      backup: z.string().nullable(),
    })
    .optional(),
})
export type SalvageOrder = z.infer<typeof schema>

function orderFile(file: string): string {
  return path.join(path.dirname(file), 'salvage.json')
}

export function readOrder(file: string): SalvageOrder | null {
  try {
    return schema.parse(JSON.parse(fs.readFileSync(orderFile(file), 'utf8')))
  } catch {
    return null
  }
}

export function writeOrder(file: string, order: SalvageOrder): void {
  writeDurably(orderFile(file), `${JSON.stringify(order)}\n`)
}

export function removeOrder(file: string): void {
  fs.rmSync(orderFile(file), { force: true })
}

/** The damaged twin in its folder, and what was collected from it, beside the twin. */
export function damagedPath(file: string, order: SalvageOrder): string {
  return path.join(path.dirname(file), path.basename(order.folder), path.basename(file))
}

export function collectedPath(file: string): string {
  return `${file}.collected`
}
