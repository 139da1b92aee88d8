import type { MethodName } from '../../shared/protocol/methods.ts'
import type { WriteResults } from '../../shared/protocol/writes.ts'
import type { AccessResults } from '../../shared/protocol/access.ts'
import { auditPage, exportAudit, verifyAudit } from './audit-views.ts'
import type { Methods } from './method-types.ts'

export const accessMethods: Pick<Methods, (keyof AccessResults | keyof WriteResults) & MethodName> = {
  'write.prepare': (engine, { pointId, value }, _user, { seat }) => engine.writes.prepare(seat, pointId, value),
  'write.confirm': (engine, { token, value }, _user, { seat }) => engine.writes.confirm(seat, token, value),
  'write.cancel': async (engine, _params, _user, { seat }) => {
    await engine.writes.cancel(seat, 'cancelled')
    return {}
  },
  'access.signIn': async (engine, { name, password }, _user, { seat }) => {
    await engine.access.signIn(seat, name, password)
    return {}
  },
  'access.signOut': async (engine, _params, _user, { seat }) => {
    await engine.access.signOut(seat)
    return {}
  },
  'access.touch': (_engine, _params, _user, { seat }) => {
    seat.hand()
    return Promise.resolve({})
  },
  'access.begin': async (engine, { password, ...wish }, _user, { seat }) => {
    await engine.access.begin(seat, wish, password)
    return {}
  },
  'access.password': async (engine, { old, password }, _user, { seat }) => {
    await engine.access.setOwnPassword(seat, old, password)
    return {}
  },
  'access.settings': async (engine, settings, _user, { by }) => {
    await engine.access.setSettings(settings, by)
    return engine.access.accounts()
  },
  'account.list': (engine) => Promise.resolve(engine.access.accounts()),
  'account.create': async (engine, { password, ...wish }, _user, { by }) => {
    await engine.access.create(wish, password, by)
    return engine.access.accounts()
  },
  'account.change': async (engine, wish, _user, { by }) => {
    await engine.access.change(wish, by)
    return engine.access.accounts()
  },
  'account.setPassword': async (engine, { name, password }, _user, { by }) => {
    await engine.access.setPassword(name, password, by)
    return engine.access.accounts()
  },
  'audit.read': (engine, asked) => auditPage(engine, asked),
  'audit.verify': (engine, _params, _user, asked) => verifyAudit(engine, asked),
  'audit.export': (engine, filter, _user, asked) => exportAudit(engine, filter, asked),
}
