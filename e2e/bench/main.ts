import { machine } from './children.ts'

interface Result {
  metrics: Record<string, unknown>
  ratios: Record<string, number>
}

/** Each bench is loaded only when asked for. */
const benches: Record<string, () => Promise<Result>> = {
  ingest: async () => (await import('./ingest.ts')).benchIngest(),
  audit: async () => (await import('./audit.ts')).benchAudit(),
  store: async () => (await import('./store.ts')).benchStore(),
  dsp: async () => (await import('./dsp.ts')).benchDsp(),
  desk: async () => (await import('./desk.ts')).benchDesk(),
  edit: async () => (await import('./edit.ts')).benchEdit(),
  live: async () => (await import('./live.ts')).benchLive(),
  startup: async () => (await import('./startup.ts')).benchStartup(),
}

const later = ['sync', 'alerts']

async function main(): Promise<number> {
  const name = process.argv.slice(2).find((arg) => !arg.startsWith('--')) ?? ''
  if (later.includes(name)) {
    process.stderr.write(`bench ${name} is not yet available.\n`)
    return 2
  }
  const bench = Object.hasOwn(benches, name) ? benches[name] : undefined
  if (!bench) {
    process.stderr.write(`usage: npm run -s bench -- ${Object.keys(benches).join('|')} [--json]\n`)
    return 2
  }
  const { metrics, ratios } = await bench()
  const result = { bench: name, machine: machine(), metrics, ratios }
  process.stdout.write(
    `${process.argv.includes('--json') ? JSON.stringify(result) : JSON.stringify(result, null, 2)}\n`,
  )
  return 0
}

process.exitCode = await main()
