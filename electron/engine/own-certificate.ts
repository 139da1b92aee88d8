import type { Clock } from '../../shared/domain/time.ts'
import type { ProblemList } from '../observe/problem-list.ts'
import { expiryNotice, type PkiStore } from '../opcua/index.ts'

const id = 'opcua.own-certificate'

interface Parts {
  pki: PkiStore
  problems: ProblemList
  options: { clock: Clock }
}

/** Servers refuse this application when its certificate has ended: said 60, 30 and 7 days before. */
export async function watchOwnCertificate({ pki, problems, options }: Parts): Promise<void> {
  const nowUs = options.clock.nowUs()
  const own = await pki.own()
  const named = `The certificate of this application (thumbprint ${own.thumbprint})`
  const remedy =
    'Renew it under Settings, Certificates, and have it trusted by each server; links that stand go on until then.'
  const [notice] = expiryNotice(own, nowUs, named, remedy)
  if (!notice) problems.clear(id)
  else problems.raise({ id, severity: notice.severity, message: notice.message, remedy: notice.remedy, sinceUs: nowUs })
}

/** Makes a new one on the same key, and looks at once whether the problem is over. */
export async function renewOwnCertificate(engine: Parts): Promise<void> {
  await engine.pki.renew()
  await watchOwnCertificate(engine)
}
