/** Who may do what at the desk. One matrix, enforced in the engine for every method that changes something. */

export const roles = [
  'operator',
  'maintenance-lead',
  'reliability-engineer',
  'administrator',
  'finance-viewer',
] as const
export type Role = (typeof roles)[number]

/**
 * `unattended`: a desk without accounts, where whoever sits at it acts. `nobody`: a desk with accounts at which nobody has
 * signed in. The last two are no people.
 */
export type ActorRole = Role | 'unattended' | 'nobody' | 'engine' | 'command-line'

/** Whoever did something, as the audit trail names them: `role` is the one that allowed it. */
export interface Actor {
  name: string
  role: ActorRole
}

export const engineActor: Actor = { name: 'engine', role: 'engine' }
/** Somebody with another editor; the operating system knows who, the engine does not. */
export const fileActor: Actor = { name: 'file', role: 'engine' }

const hands = ['operator', 'maintenance-lead', 'reliability-engineer', 'administrator'] as const
const makers = ['reliability-engineer', 'administrator'] as const

/** Least privilege: what is not here needs no right but to see the desk. */
export const permissions = {
  'alert.acknowledge': hands,
  'alert.shelve': hands,
  'alert.label': hands,
  'capture.demand': hands,
  'capture.note': hands,
  'capture.import': ['maintenance-lead', 'reliability-engineer', 'administrator'],
  'capture.pin': ['maintenance-lead', 'reliability-engineer', 'administrator'],
  /** Opens connections to addresses that somebody types. */
  'connection.check': hands,
  'config.edit': makers,
  /** What the healthy machine is: warnings are measured against it. */
  'baseline.edit': ['maintenance-lead', 'reliability-engineer', 'administrator'],
  'trust.edit': ['administrator'],
  'backup.make': ['maintenance-lead', 'reliability-engineer', 'administrator'],
  'backup.restore': ['administrator'],
  'account.edit': ['administrator'],
  'audit.read': ['maintenance-lead', 'reliability-engineer', 'administrator'],
  /** The plant file names the roles of each point besides: both have to allow it. */
  'point.write': hands,
} as const satisfies Record<string, readonly Role[]>

export type Action = keyof typeof permissions
export const actions: readonly Action[] = Object.keys(permissions) as Action[]

/** A desk without accounts goes on as it was before there were any; the plant it must not touch, and it has no one to audit. */
const deniedUnattended: ReadonlySet<Action> = new Set(['point.write', 'account.edit'])

export function allowsUnattended(action: Action): boolean {
  return !deniedUnattended.has(action)
}

/** The role that allows it, in the order of `roles`; null when none does. */
export function allowingRole(action: Action, held: readonly Role[]): Role | null {
  const allowed: readonly Role[] = permissions[action]
  return roles.find((role) => held.includes(role) && allowed.includes(role)) ?? null
}

/** What the rules of signing in are; the administrator sets the first. */
export interface AccessSettings {
  /** Minutes without a hand on the desk until the person is signed out; 0: never. */
  idleSignOutMin: number
}
export const defaultAccessSettings: AccessSettings = { idleSignOutMin: 15 }

/** An account as screens show it. */
export interface Account {
  /** What is typed to sign in; never given to somebody else. */
  name: string
  fullName: string
  roles: Role[]
  disabled: boolean
  createdUs: number
  changedUs: number
}

/** As the twin keeps it. */
export interface StoredAccount extends Account {
  /** `scrypt$N$r$p$salt$hash`, base64url. */
  password: string
  /** Wrong passwords since the last right one. */
  failures: number
  /** No attempt counts before; 0: none. */
  lockedUntilUs: number
}
