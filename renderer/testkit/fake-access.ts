import { actions, allowingRole, allowsUnattended, type Account } from '../../shared/domain/access.ts'
import type { AuditAction, AuditRow } from '../../shared/domain/audit-trail.ts'
import { accessParams, type AccessFrame, type AccessResults, type AccountsView } from '../../shared/protocol/access.ts'
import type { MethodName, MethodResult } from '../../shared/protocol/methods.ts'
import { writeParams, type PreparedWriteView, type WriteResults } from '../../shared/protocol/writes.ts'

export type AccessMethod = keyof AccessResults | keyof WriteResults

export function isAccessMethod(method: MethodName): method is AccessMethod {
  return Object.hasOwn(accessParams, method) || Object.hasOwn(writeParams, method)
}

const trail: [AuditAction, string, string][] = [
  ['access.sign-in', 'anna', 'anna'],
  ['alert.acknowledge', 'anna', 'pump-101.rms-high@1767261600000000'],
  ['certificate.trust', 'anna', '3f9a51c2d8'],
  ['access.failed', 'operator', 'ben'],
]

const fakeWrite: PreparedWriteView = {
  token: '6f2d2a0e-2a53-4a8e-9f0c-2f1b6f0f4a11',
  pointId: '',
  before: '1480',
  beforeStatus: 0,
  after: '',
  dataType: 'Double',
  unit: 'rpm',
  range: [0, 3000],
  nodeId: 'nsu=urn:millwright:plant;s=pump-101.speed',
  serverId: 'opc-1',
  confirmWithinS: 30,
}

/** Accounts and a trail of paper; any password will do. */
export class FakeAccess {
  #accounts: Account[] = []
  #person: Account | null = null
  #idleSignOutMin = 15

  frame(): AccessFrame {
    const person = this.#person
    const isUnattended = this.#accounts.length === 0
    const may = (action: (typeof actions)[number]): boolean =>
      person ? allowingRole(action, person.roles) !== null : isUnattended && allowsUnattended(action)
    return {
      desk: isUnattended ? 'unattended' : 'accounts',
      person,
      osUser: 'operator',
      allowed: actions.filter(may),
      idleSignOutMin: this.#idleSignOutMin,
      leftIdle: false,
    }
  }

  call(method: AccessMethod, params: unknown): MethodResult<AccessMethod> {
    switch (method) {
      case 'access.signIn': {
        const { name } = accessParams['access.signIn'].parse(params)
        const found = this.#accounts.find((account) => account.name === name)
        if (!found) throw new Error('The name or the password is wrong.')
        this.#person = found
        return {}
      }
      case 'access.signOut':
        this.#person = null
        return {}
      case 'access.begin': {
        const { name, fullName } = accessParams['access.begin'].parse(params)
        this.#person = this.#put({ name, fullName, roles: ['administrator'], disabled: false })
        return {}
      }
      case 'access.settings':
        this.#idleSignOutMin = accessParams['access.settings'].parse(params).idleSignOutMin
        return this.#view()
      case 'account.create': {
        const { password: _password, ...account } = accessParams['account.create'].parse(params)
        this.#put(account)
        return this.#view()
      }
      case 'account.change':
        this.#put(accessParams['account.change'].parse(params))
        return this.#view()
      case 'account.list':
      case 'account.setPassword':
        return this.#view()
      case 'audit.read':
        return { rows: this.#rows(), more: false, actors: ['anna', 'operator'] }
      case 'audit.verify':
        return { faults: [], entries: trail.length, lastHash: 'c0ffee'.padEnd(64, '0') }
      case 'audit.export':
        return { file: '/home/operator/exports/audit.csv', entries: trail.length }
      case 'write.prepare': {
        const { pointId, value } = writeParams['write.prepare'].parse(params)
        return { ...fakeWrite, pointId, after: value }
      }
      case 'write.confirm': {
        const { value } = writeParams['write.confirm'].parse(params)
        const message = `The point is ${value}: written and read back.`
        return { state: 'done', before: '1480', after: value, readBack: value, status: 0, message }
      }
      case 'write.cancel':
      case 'access.touch':
      case 'access.password':
        return {}
    }
  }

  #put(account: Omit<Account, 'createdUs' | 'changedUs'>): Account {
    const nowUs = Date.now() * 1000
    const made = { ...account, createdUs: nowUs, changedUs: nowUs }
    this.#accounts = [...this.#accounts.filter(({ name }) => name !== account.name), made]
    return made
  }

  #view(): AccountsView {
    return { accounts: this.#accounts, settings: { idleSignOutMin: this.#idleSignOutMin } }
  }

  #rows(): AuditRow[] {
    return trail.map(([action, actor, subject], index) => ({
      seq: trail.length - index,
      tUs: Date.now() * 1000 - index * 60e6,
      actor,
      role: 'administrator',
      action,
      subject,
      before: null,
      after: { state: 'acknowledged' },
      reason: null,
      previous: '0'.repeat(64),
      hash: 'f'.repeat(64),
    }))
  }
}
