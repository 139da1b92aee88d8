import { answerTwinVerb } from '../store/verbs.ts'
import { doctorText } from './doctor-text.ts'
import type { Engine } from './engine.ts'
import type { RequestIo, SocketRequest } from './local-socket.ts'
import { statusReport, statusText } from './status-report.ts'

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
  return answerTwinVerb(engine.twin, { verb, argv, json }, (text) => io.out(text))
}
