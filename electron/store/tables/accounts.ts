import {
  defaultAccessSettings,
  type AccessSettings,
  type Role,
  type StoredAccount,
} from '../../../shared/domain/access.ts'
import type { AuditEntry } from '../../../shared/domain/audit-trail.ts'
import { all, get, run, wholeUs, type ReadDb, type WriteDb } from '../database.ts'
import { appendAudit } from './audit.ts'

type Row = Omit<StoredAccount, 'roles' | 'disabled'> & { roles: string; disabled: number }

export function readAccounts(db: ReadDb): StoredAccount[] {
  const rows = all<Row>(
    db,
    `SELECT name, full_name AS fullName, roles, disabled, created_us AS createdUs, changed_us AS changedUs, password, failures,
       locked_until_us AS lockedUntilUs FROM account ORDER BY name`,
  )
  // Written by putAccount below.
  return rows.map((row) => ({ ...row, roles: JSON.parse(row.roles) as Role[], disabled: row.disabled === 1 }))
}

function putAccount(db: WriteDb, account: StoredAccount): void {
  const { name, fullName, roles, disabled, password, failures } = account
  run(
    db,
    `INSERT INTO account (name, full_name, roles, disabled, created_us, changed_us, password, failures, locked_until_us)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET full_name = excluded.full_name, roles = excluded.roles, disabled = excluded.disabled,
       changed_us = excluded.changed_us, password = excluded.password, failures = excluded.failures,
       locked_until_us = excluded.locked_until_us`,
    name,
    fullName,
    JSON.stringify(roles),
    disabled ? 1 : 0,
    wholeUs(account.createdUs, `Account ${name}`),
    wholeUs(account.changedUs, `Account ${name}`),
    password,
    failures,
    wholeUs(account.lockedUntilUs, `Account ${name}`),
  )
}

export function readAccessSettings(db: ReadDb): AccessSettings {
  const row = get<{ value: string }>(db, "SELECT value FROM access_setting WHERE name = 'settings'")
  return row
    ? { ...defaultAccessSettings, ...(JSON.parse(row.value) as Partial<AccessSettings>) }
    : defaultAccessSettings
}

function putAccessSettings(db: WriteDb, settings: AccessSettings): void {
  run(
    db,
    "INSERT INTO access_setting (name, value) VALUES ('settings', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    JSON.stringify(settings),
  )
}

export interface AccessCommit {
  accounts?: StoredAccount[]
  settings?: AccessSettings
  audit: AuditEntry[]
}

export function commitAccess(db: WriteDb, { accounts, settings, audit }: AccessCommit): void {
  for (const account of accounts ?? []) putAccount(db, account)
  if (settings) putAccessSettings(db, settings)
  appendAudit(db, audit)
}
