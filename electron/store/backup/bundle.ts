import { createHmac, timingSafeEqual } from 'node:crypto'
import fs from 'node:fs'
import { z } from 'zod'
import { TwinError } from '../errors.ts'
import { keyFits } from '../identity-file.ts'

/**
 * A backup is one file: the twin's bytes, a JSON text that says what they are, the length of that text (four bytes, little
 * endian) and a mark. What it says can be read without the key, and is proven by the key.
 */
const mark = Buffer.from('MWBKUP01', 'latin1')
const longestText = 16 * 1024 * 1024

const factsSchema = z.object({
  schema: z.literal('millwright/backup@1'),
  /** `daily` ones make room for each other; one that a person asked for stays until a person removes it. */
  kind: z.enum(['daily', 'asked']),
  installation: z.string().min(1),
  epoch: z.string().min(1),
  plantId: z.string().nullable(),
  madeUs: z.number(),
  /** The last commit that is in it; null for a twin without ticks. */
  lastTickUs: z.number().nullable(),
  layout: z.int(),
  appVersion: z.string(),
  twinBytes: z.int().nonnegative(),
  cipher: z.string(),
  salt: z.string(),
  keyCheck: z.string().nullable(),
  /** `secrets.json` as it was, still sealed by the key; null without one. */
  secrets: z.string().nullable(),
})
export type BackupFacts = z.infer<typeof factsSchema>

function proofOf(text: string, key: Uint8Array | null): string {
  return createHmac('sha256', key ?? '')
    .update(text)
    .digest('hex')
}

/** Appended behind the twin's bytes; synchronous, so that it is on the disk before the file gets its name. */
export function appendFacts(file: string, facts: BackupFacts, key: Uint8Array | null): void {
  const text = JSON.stringify(facts)
  const body = Buffer.from(JSON.stringify({ facts: text, proof: proofOf(text, key) }))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(body.length)
  const { O_WRONLY, O_APPEND } = fs.constants
  const synchronous = 'O_SYNC' in fs.constants ? fs.constants.O_SYNC : 0
  const descriptor = fs.openSync(file, O_WRONLY | O_APPEND | synchronous)
  try {
    fs.writeSync(descriptor, Buffer.concat([body, length, mark]))
  } finally {
    fs.closeSync(descriptor)
  }
}

const bodySchema = z.object({ facts: z.string(), proof: z.string() })

/** What a backup says it is. Throws `no-backup` for a file that is none, or not whole. */
export function readFacts(file: string): { facts: BackupFacts; text: string; proof: string } {
  const none = (why: string): TwinError =>
    new TwinError('no-backup', `${file} is no whole backup of a twin (${why}); name another file.`)
  let descriptor: number
  try {
    descriptor = fs.openSync(file, 'r')
  } catch (error) {
    throw none(error instanceof Error ? error.message : String(error))
  }
  try {
    const size = fs.fstatSync(descriptor).size
    const tail = Buffer.alloc(4 + mark.length)
    if (size < tail.length) throw none('it is too short')
    fs.readSync(descriptor, tail, 0, tail.length, size - tail.length)
    if (!tail.subarray(4).equals(mark)) throw none('its last bytes are not those of a backup')
    const length = tail.readUInt32LE(0)
    if (length > longestText || length > size - tail.length) throw none('its description is damaged')
    const body = Buffer.alloc(length)
    fs.readSync(descriptor, body, 0, length, size - tail.length - length)
    return parse(body.toString('utf8'), size - tail.length - length, none)
  } finally {
    fs.closeSync(descriptor)
  }
}

function parse(
  body: string,
  twinBytes: number,
  none: (why: string) => TwinError,
): { facts: BackupFacts; text: string; proof: string } {
  let found: { facts: BackupFacts; text: string; proof: string }
  try {
    const { facts: text, proof } = bodySchema.parse(JSON.parse(body))
    found = { facts: factsSchema.parse(JSON.parse(text)), text, proof }
  } catch {
    throw none('its description is damaged')
  }
  if (found.facts.twinBytes !== twinBytes) throw none('its length is not the one it was made with')
  return found
}

/** The same, proven: refuses another key (`wrong-key`) and a description that was changed. */
export function provenFacts(file: string, key: Uint8Array | null): BackupFacts {
  const { facts, text, proof } = readFacts(file)
  if (!keyFits(facts, key)) {
    const message = `The backup ${file} was made with another key than the one given; give the key that was in use on ${new Date(facts.madeUs / 1000).toISOString()}. Nothing was changed.`
    throw new TwinError('wrong-key', message)
  }
  const due = Buffer.from(proofOf(text, key))
  const given = Buffer.from(proof)
  if (due.length !== given.length || !timingSafeEqual(due, given)) {
    throw new TwinError('no-backup', `The description of the backup ${file} was changed; name another file.`)
  }
  return facts
}
