import { engineVersion } from '../engine/version.ts'
import { UsageError, type CliIo } from './io.ts'

type Verb = (argv: string[], io: CliIo) => Promise<number>

/** Verbs load their rooms only when called: `analyze` must not pay for OPC UA or SQLite. */
const verbs: Record<string, { summary: string; load: () => Promise<Verb> }> = {
  engine: {
    summary: 'engine --plant FILE --data DIR [--key-file F] [--duration S]   the engine without a window',
    load: async () => (await import('./verbs/engine.ts')).runEngine,
  },
  plant: {
    summary:
      'plant [--port N] [--scenario NAME] [--points N] [--waveforms N] [--rate HZ] [--replay INDEX]   the simulated plant',
    load: async () => (await import('./verbs/plant.ts')).runPlant,
  },
  analyze: {
    summary:
      'analyze FILE --rate HZ [--rpm N] [--bearing NAME] [--unit U]   one recording: features, spectrum, diagnosis',
    load: async () => (await import('./verbs/analyze.ts')).runAnalyze,
  },
  backtest: {
    summary: 'backtest INDEX.json   a run-to-failure history: when it would have warned, and why',
    load: async () => (await import('./verbs/backtest.ts')).runBacktest,
  },
  check: {
    summary: 'check FILE   every fault of a plant file, with its path',
    load: async () => (await import('./verbs/check.ts')).runCheck,
  },
  sheets: {
    summary:
      'sheets PLANT --out F.xlsx | sheets PLANT --from F.xlsx [--apply]   a plant file as a spreadsheet, and what an edited one changes',
    load: async () => (await import('./verbs/sheets.ts')).runSheets,
  },
  bundle: {
    summary:
      'bundle export --plant FILE --out F --key K | bundle form F | bundle import F --plant FILE --site SITE.json [--trust FINGERPRINT] [--apply]   signed contracts for the next plant',
    load: async () => (await import('./verbs/bundle.ts')).runBundle,
  },
  schema: {
    summary: 'schema NAME   the JSON Schema of a file or output',
    load: async () => (await import('./verbs/schema.ts')).runSchema,
  },
  verify: {
    summary: 'verify --data DIR [--key-file F]   checksums, sequences, outbox against data',
    load: async () => (await import('./verbs/verify.ts')).runVerify,
  },
  export: {
    summary:
      'export --data DIR --point ID [--from T --to T] --format csv|parquet [--out F]   samples in order of source time',
    load: async () => (await import('./verbs/export.ts')).runExport,
  },
  doctor: {
    summary:
      'doctor [--endpoint URL] [--data DIR] [--key-file F] [--plant FILE] [--security None or MODE/POLICY]   the machine, or one connection step by step',
    load: async () => (await import('./verbs/doctor.ts')).runDoctor,
  },
  audit: {
    summary:
      'audit --data DIR [--from T --to T] [--key-file F] [--out F.html]   the tag-quality audit: completeness, gaps, faults of sensors, the gate',
    load: async () => (await import('./verbs/audit.ts')).runAuditVerb,
  },
  report: {
    summary:
      'report --data DIR --alert ID --out F.html [--owner NAME] [--due DAY] [--action TEXT] [--key-file F]   the page about one alert',
    load: async () => (await import('./verbs/report.ts')).runReport,
  },
  backup: {
    summary:
      'backup --data DIR --out F [--key-file F]   a verified copy of the twin, beside a running engine or without',
    load: async () => (await import('./verbs/backup.ts')).runBackup,
  },
  restore: {
    summary:
      'restore F --data DIR [--key-file F] [--discard-newer] [--replace-other]   a backup in the place of the twin, which is moved aside',
    load: async () => (await import('./verbs/restore.ts')).runRestore,
  },
  rekey: {
    summary: 'rekey --data DIR --key-file OLD --new-key-file NEW   another key for the twin and its secrets',
    load: async () => (await import('./verbs/rekey.ts')).runRekey,
  },
  account: {
    summary: 'account --data DIR --recover NAME   a new password for an account, asked of the running engine',
    load: async () => (await import('./verbs/account.ts')).runAccount,
  },
  status: {
    summary: 'status --data DIR   links, freshness, queues, problems',
    load: async () => (await import('./verbs/status.ts')).runStatus,
  },
}

const later = ['sync']

function usage(): string {
  const lines = Object.values(verbs).map((verb) => `  millwright ${verb.summary}`)
  return `usage:\n${lines.join('\n')}\n  --json   one JSON document on stdout, everything else on stderr\n  --version\n`
}

async function main(): Promise<number> {
  const args = process.argv.slice(2)
  const io: CliIo = {
    stdout: (text) => void process.stdout.write(text),
    ...(process.stdout.isTTY ? {} : { stdoutBytes: (bytes: Uint8Array) => void process.stdout.write(bytes) }),
    stderr: (text) => void process.stderr.write(text),
    cwd: process.env['INIT_CWD'] ?? process.cwd(),
    json: args.includes('--json'),
  }
  const [name, ...rest] = args.filter((arg) => arg !== '--json')
  if (name === '--version') {
    io.stdout(`${engineVersion}\n`)
    return 0
  }
  if (name === undefined || name === '--help' || name === 'help') {
    io.stderr(usage())
    return name === undefined ? 2 : 0
  }
  if (later.includes(name)) {
    io.stderr(`millwright ${name} is not yet available in version ${engineVersion}.\n`)
    return 2
  }
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined
  if (!verb) {
    io.stderr(`There is no verb "${name}".\n${usage()}`)
    return 2
  }
  try {
    const run = await verb.load()
    return await run(rest, io)
  } catch (error) {
    if (error instanceof UsageError) {
      io.stderr(`${error.message}\n`)
      return 2
    }
    throw error
  }
}

// A closed pipe (`millwright export ... | head`) is the reader's choice, not a fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

process.exitCode = await main()
