import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { isStream, type DeliveredRow } from './delivered.ts'

const head = z.looseObject({
  installation: z.string(),
  epoch: z.string(),
  stream: z.string().refine(isStream),
  seq: z.int(),
  kind: z.string(),
  createdUs: z.int(),
})

const marker = '"payload":'

function rowOf(line: string, where: string): DeliveredRow {
  const { installation, epoch, stream, seq, kind, createdUs } = head.parse(JSON.parse(line))
  const at = line.indexOf(marker)
  if (at === -1) throw new Error(`${where}: a line without a payload`)
  return { installation, epoch, stream, seq, kind, createdUs, payload: line.slice(at + marker.length, -1) }
}

/**
 * Everything in a folder destination, read as an outsider reads it:
 * `<root>/<stream>/<installation>/<epoch>/<from>-<to>.ndjson.gz`. Throws where an object's name and content disagree.
 */
export function readFolder(root: string): DeliveredRow[] {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ndjson.gz'))
  return names.sort().flatMap((name) => {
    const [stream = '', installation = '', epoch = '', file = '', ...more] = name.split(/[/\\]/)
    const range = /^(\d{12})-(\d{12})\.ndjson\.gz$/.exec(file)
    if (!range || more.length > 0) throw new Error(`${name} is no object of a folder destination`)
    const text = gunzipSync(readFileSync(join(root, name))).toString('utf8')
    if (!text.endsWith('\n')) throw new Error(`${name} ends within a line`)
    const rows = text
      .slice(0, -1)
      .split('\n')
      .map((line) => rowOf(line, name))
    const [from, to] = [Number(range[1]), Number(range[2])]
    const agrees = rows.every(
      (row, index) =>
        row.stream === stream && row.installation === installation && row.epoch === epoch && row.seq === from + index,
    )
    if (!agrees || rows.length !== to - from + 1) throw new Error(`${name} holds other rows than it says`)
    return rows
  })
}
