import { randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import { alertHtml } from '../report/index.ts'
import { backupSuffix } from '../store/api.ts'
import { answerTwinVerb } from '../store/verbs.ts'
import { alertReport } from './alert-report.ts'
import { doctorText } from './doctor-text.ts'
import type { Engine } from './engine.ts'
import { reportSource } from './health-methods.ts'
import type { RequestIo, SocketRequest } from './local-socket.ts'
import { statusReport, statusText } from './status-report.ts'

const reportRequest = z.strictObject({
  id: z.string(),
  owner: z.string(),
  due: z.string().nullable(),
  action: z.string(),
})
const auditRequest = z.strictObject({ fromUs: z.number().optional(), toUs: z.number().optional() })

/** What the running engine answers to verbs that have no key: status from memory, the others from its own reader. */
export async function answerRequest(engine: Engine, request: SocketRequest, io: RequestIo): Promise<number> {
  const { verb, argv, json } = request
  if (verb === 'status') {
    const report = statusReport(engine)
    await io.out(json ? `${JSON.stringify(report)}\n` : statusText(report))
    return 0
  }
  if (verb === 'doctor') {
    const report = await engine.doctor.whole(argv[0] ?? '', (step) => {
      if (!json) void io.out(doctorText.step(step))
    })
    await io.out(json ? `${JSON.stringify(report)}\n` : doctorText.end(report))
    return report.ok ? 0 : 1
  }
  if (verb === 'audit') {
    const { fromUs, toUs } = auditRequest.parse(JSON.parse(argv[0] ?? '{}'))
    await io.out(JSON.stringify(await engine.quality.whole({ fromUs, toUs }, io.signal)))
    return 0
  }
  if (verb === 'report') {
    const { id, owner, due, action } = reportRequest.parse(JSON.parse(argv[0] ?? '{}'))
    const occurrence = await engine.twin.occurrence(id)
    if (!occurrence) {
      await io.err(`The twin has no alert "${id}".\n`)
      return 2
    }
    const by = userInfo().username
    const report = await alertReport(reportSource(engine, io.signal), occurrence, { owner, due, action, by })
    await io.out(alertHtml(report))
    return 0
  }
  if (verb === 'account') {
    const by = { name: userInfo().username, role: 'command-line' } as const
    const name = argv[0] ?? ''
    const password = await engine.access.recover(name, by)
    await io.out(
      json ? `${JSON.stringify({ schema: 'millwright/account@1', name, password })}\n` : recovered(name, password),
    )
    return 0
  }
  if (verb === 'backup') {
    // Under a name of its own: the caller moves it to where it wants it, which the engine may not write.
    const out = path.join(engine.options.dataDir, 'tmp', `asked-${randomUUID()}${backupSuffix}`)
    const { file, facts } = await engine.backups.make('asked', out)
    await io.out(JSON.stringify({ file, facts }))
    return 0
  }
  return answerTwinVerb(engine.twin, { verb, argv, json }, (text) => io.out(text), io.signal)
}

function recovered(name: string, password: string): string {
  return `The new password of ${name} is  ${password}  and ${name} is an administrator. Sign in with it and change it under Settings, Accounts; it is shown here once. The audit trail says that this was done.\n`
}
