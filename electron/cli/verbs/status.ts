import path from 'node:path'
import { askEngine } from '../../engine/local-socket.ts'
import { statusText, type StatusReport } from '../../engine/status-report.ts'
import { openTwinForReading, TwinError, twinFileName, type TwinReader } from '../../store/api.ts'
import { UsageError, type CliIo } from '../io.ts'
import { readKeyFile, readOptions, required, resolveFrom } from '../options.ts'
import { needsKey } from './verify.ts'

/**
 * `millwright status --data DIR [--key-file F]`: what the running engine says of itself; without one, and with the key, what
 * the twin says of the time it last ran.
 */
export async function runStatus(argv: string[], io: CliIo): Promise<number> {
  const { values, positionals } = readOptions('status', argv, {
    data: { type: 'string' },
    'key-file': { type: 'string' },
  })
  if (positionals[0] !== undefined) throw new UsageError(`millwright status does not know "${positionals[0]}".`)
  const dataDir = resolveFrom(io.cwd, required('status', 'data', values.data))
  const request = { verb: 'status' as const, argv: [], json: io.json }
  const code = await askEngine(dataDir, request, { out: (text) => io.stdout(text), err: (text) => io.stderr(text) })
  if (code !== null) return code
  if (values['key-file'] === undefined) return needsKey('status', dataDir)
  const report = await stoppedStatus(dataDir, readKeyFile(resolveFrom(io.cwd, values['key-file'])))
  io.stdout(io.json ? `${JSON.stringify(report)}\n` : statusText(report))
  return 0
}

async function stoppedStatus(dataDir: string, key: Uint8Array): Promise<StatusReport> {
  let twin: TwinReader
  try {
    twin = openTwinForReading({ file: path.join(dataDir, twinFileName), key })
  } catch (error) {
    if (error instanceof TwinError) throw new UsageError(error.message, { cause: error })
    throw error
  }
  try {
    const counts = await twin.counts()
    const heads = await twin.heads()
    const lastUs = heads.reduce((last, head) => Math.max(last, head.tUs), 0)
    const confirmed = new Map((await twin.cursors()).map((c) => [`${c.destinationId}.${c.stream}`, c.seq]))
    const streamHeads = { events: counts.events, features: counts.features }
    return {
      schema: 'millwright/status@1',
      at: new Date().toISOString(),
      engine: { state: 'stopped', committedValues: counts.scalars, twinBytes: counts.fileBytes + counts.walBytes },
      links: [],
      // Nothing is live while no engine runs, however young its last value is.
      points: { live: 0, stale: counts.points, bad: 0 },
      queues: [...confirmed].map(([name, seq]) => {
        const stream = name.endsWith('.events') ? 'events' : 'features'
        return {
          name: `sync.${name}`,
          depth: Math.max(0, streamHeads[stream] - seq),
          limit: null,
          oldestS: null,
          hits: 0,
        }
      }),
      destinations: [],
      disk: null,
      objectives: [],
      problems: [
        {
          id: 'engine.stopped',
          severity: 'warning',
          message: `No engine runs on ${dataDir}${lastUs > 0 ? `; its last value is of ${new Date(lastUs / 1000).toISOString()}` : ''}.`,
          remedy: 'Start it with millwright engine, or open the application.',
          sinceUs: lastUs,
        },
      ],
    }
  } finally {
    await twin.close()
  }
}
