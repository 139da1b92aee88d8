import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { AuditEntry } from '../../shared/domain/audit-trail.ts'
import { openTwinForReading } from '../../electron/store/api.ts'
import { openForWriting } from '../../electron/store/database.ts'
import { writerMethods } from '../../electron/store/writer-methods.ts'

const entries = 1_000_000
const batch = 10_000

/** A trail of a million entries in an encrypted twin: how long it takes to verify, and that one altered row is named. */
export async function auditTrail(seed: number): Promise<{ ok: boolean; report: object }> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-trail-'))
  const file = path.join(dir, 'twin.db')
  const key = Uint8Array.from(randomBytes(32))
  try {
    const appendMs = fill(file, key)
    const verifyMs: number[] = []
    const faults: string[] = []
    for (let run = 0; run < 3; run += 1) {
      const { ms, found } = await verify(file, key)
      verifyMs.push(ms)
      faults.push(...found)
    }
    const altered = 1 + (seed % entries)
    alter(file, key, altered)
    const { found } = await verify(file, key)
    const megabytes = fs.statSync(file).size / 1e6
    const ok = faults.length === 0 && found.length === 1 && found[0] === `audit[${altered}] audit-altered`
    return { ok, report: { entries, appendMs, verifyMs, altered, found, megabytes } }
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
}

function fill(file: string, key: Uint8Array): number {
  const writer = writerMethods()
  writer.open({ file, key, createIfMissing: true, maxPages: null, featureNames: null })
  const began = performance.now()
  for (let first = 0; first < entries; first += batch) {
    writer.appendAudit(Array.from({ length: batch }, (_, i) => entryOf(first + i)))
  }
  const ms = performance.now() - began
  writer.close()
  return Math.round(ms)
}

function entryOf(n: number): AuditEntry {
  return {
    tUs: 1_767_225_600_000_000 + n * 1e6,
    actor: `person-${n % 40}`,
    role: 'operator',
    action: 'alert.acknowledge',
    subject: `pump-${n % 300}.de.accel.rms-high@${1_767_225_600_000_000 + n * 1e6}`,
    before: { state: 'unacknowledged', outcome: null },
    after: { state: 'acknowledged', outcome: null },
    reason: n % 3 === 0 ? 'looked at on the round; grease ordered for the next stop' : null,
  }
}

async function verify(file: string, key: Uint8Array): Promise<{ ms: number; found: string[] }> {
  const twin = openTwinForReading({ file, key })
  try {
    const began = performance.now()
    const faults = await twin.auditCheck()
    return { ms: Math.round(performance.now() - began), found: faults.map(({ path: at, code }) => `${at} ${code}`) }
  } finally {
    await twin.close()
  }
}

/** As somebody with the key and a tool of their own would. */
function alter(file: string, key: Uint8Array, seq: number): void {
  const db = openForWriting(file, key)
  db.exec('DROP TRIGGER audit_never_changes')
  db.exec(`UPDATE audit SET actor = 'person-41' WHERE seq = ${seq}`)
  db.close()
}
