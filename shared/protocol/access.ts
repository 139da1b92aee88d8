import { z } from 'zod'
import { roles, type AccessSettings, type Account, type Action } from '../domain/access.ts'
import { auditActions, type AuditRow } from '../domain/audit-trail.ts'
import type { Fault } from '../domain/fault.ts'

const name = z.string().trim().min(1).max(64)
const fullName = z.string().trim().min(1).max(128)
const password = z.string().min(1).max(200)
const account = { name, fullName, roles: z.array(z.enum(roles)).max(roles.length), disabled: z.boolean() }
const filter = {
  actor: z.string().max(128).nullable(),
  action: z.enum(auditActions).nullable(),
  subject: z.string().trim().max(256).nullable(),
}

/** Methods of signing in, accounts and the audit trail. */
export const accessParams = {
  'access.signIn': z.strictObject({ name, password }),
  'access.signOut': z.strictObject({}),
  /** A hand on the desk, at most every half minute: the person stays signed in. */
  'access.touch': z.strictObject({}),
  /** The first administrator of a desk without accounts, who is signed in with it. */
  'access.begin': z.strictObject({ name, fullName, password }),
  /** One's own. */
  'access.password': z.strictObject({ old: password, password }),
  'access.settings': z.strictObject({ idleSignOutMin: z.int().min(0).max(1440) }),
  'account.list': z.strictObject({}),
  'account.create': z.strictObject({ ...account, password }),
  'account.change': z.strictObject(account),
  'account.setPassword': z.strictObject({ name, password }),
  'audit.read': z.strictObject({ ...filter, beforeSeq: z.int().nullable(), limit: z.int().min(1).max(500) }),
  'audit.verify': z.strictObject({}),
  /** Writes a CSV file into the data folder and answers where. */
  'audit.export': z.strictObject(filter),
} as const

export interface AccessResults {
  'access.signIn': Record<string, never>
  'access.signOut': Record<string, never>
  'access.touch': Record<string, never>
  'access.begin': Record<string, never>
  'access.password': Record<string, never>
  'access.settings': AccountsView
  'account.list': AccountsView
  'account.create': AccountsView
  'account.change': AccountsView
  'account.setPassword': AccountsView
  'audit.read': { rows: AuditRow[]; more: boolean; actors: string[] }
  'audit.verify': { faults: Fault[]; entries: number; lastHash: string | null }
  'audit.export': { file: string; entries: number }
}

export interface AccountsView {
  accounts: Account[]
  settings: AccessSettings
}

/** Who sits at this window and what they may; sent when it changes. */
export interface AccessFrame {
  /** `unattended`: there are no accounts, and whoever sits here acts. */
  desk: 'unattended' | 'accounts'
  person: { name: string; fullName: string; roles: Account['roles'] } | null
  osUser: string
  allowed: Action[]
  idleSignOutMin: number
  /** The last person was signed out because nobody moved. */
  leftIdle: boolean
}
