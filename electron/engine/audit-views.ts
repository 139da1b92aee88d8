import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { finished } from 'node:stream/promises'
import type { AuditQuery, AuditRow } from '../../shared/domain/audit-trail.ts'
import { isoFromUs } from '../../shared/domain/time.ts'
import type { MethodParams, MethodResult } from '../../shared/protocol/methods.ts'
import type { CallOptions } from '../live/window-session.ts'
import type { Engine } from './engine.ts'

type Filter = MethodParams<'audit.export'>

function query({ actor, action, subject }: Filter): Omit<AuditQuery, 'limit'> {
  return {
    ...(actor === null ? {} : { actor }),
    ...(action === null ? {} : { action }),
    ...(subject === null || subject === '' ? {} : { subject }),
  }
}

export async function auditPage(
  engine: Engine,
  asked: MethodParams<'audit.read'>,
): Promise<MethodResult<'audit.read'>> {
  const { beforeSeq, limit } = asked
  const from = beforeSeq === null ? {} : { beforeSeq }
  const rows = await engine.twin.audit({ ...query(asked), ...from, limit: limit + 1 })
  return { rows: rows.slice(0, limit), more: rows.length > limit, actors: await engine.twin.auditActors() }
}

export async function verifyAudit(engine: Engine, { signal }: CallOptions): Promise<MethodResult<'audit.verify'>> {
  const faults = await engine.twin.auditCheck({ signal })
  const [last] = await engine.twin.audit({ limit: 1 })
  return { faults, entries: last?.seq ?? 0, lastHash: last?.hash ?? null }
}

const header = 'seq,time,actor,role,action,subject,before,after,reason,previous,hash'

/** Newest first, with the hashes: whoever keeps a copy elsewhere can tell later whether the trail was made anew. */
export async function exportAudit(
  engine: Engine,
  filter: Filter,
  { signal }: CallOptions,
): Promise<MethodResult<'audit.export'>> {
  const folder = path.join(engine.options.dataDir, 'exports')
  fs.mkdirSync(folder, { recursive: true })
  const stamp = new Date(engine.options.clock.nowUs() / 1000).toISOString().replaceAll(/[:.]/g, '-')
  const file = path.join(folder, `audit-${stamp}.csv`)
  const part = `${file}.part`
  const out = fs.createWriteStream(part, { mode: 0o600 })
  let entries = 0
  try {
    out.write(`${header}\n`)
    for (let beforeSeq: number | undefined; ;) {
      signal.throwIfAborted()
      const from = beforeSeq === undefined ? {} : { beforeSeq }
      const rows = await engine.twin.audit({ ...query(filter), ...from, limit: 1000 })
      if (rows.length === 0) break
      entries += rows.length
      beforeSeq = rows.at(-1)?.seq
      if (!out.write(rows.map(csvLine).join(''))) await once(out, 'drain')
    }
    out.end()
    await finished(out)
    fs.renameSync(part, file)
    return { file, entries }
  } catch (error) {
    out.destroy()
    fs.rmSync(part, { force: true })
    throw error
  }
}

function csvLine(row: AuditRow): string {
  const { seq, tUs, actor, role, action, subject, before, after, reason, previous, hash } = row
  const facts = [before, after].map((fact) => (fact === null ? '' : JSON.stringify(fact)))
  const fields = [seq, isoFromUs(tUs), actor, role, action, subject, ...facts, reason ?? '', previous, hash]
  return `${fields.map((field) => csvField(String(field))).join(',')}\n`
}

/** A cell that a spreadsheet would take for a formula is given as text. */
function csvField(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
