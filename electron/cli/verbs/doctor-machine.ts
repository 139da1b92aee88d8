import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import { lookup } from 'node:dns/promises'
import os from 'node:os'
import path from 'node:path'
import { type DoctorReport, doctorReport, type DoctorStep } from '../../../shared/domain/doctor.ts'
import { describeOwnCertificate } from '../../opcua/index.ts'
import { get, openForWriting } from '../../store/database.ts'

interface Check {
  name: string
  /** What the step is for. */
  meaning: string
  look: () => Promise<Finding> | Finding
}

type Finding = { result: DoctorStep['result']; detail: string; remedy: string | null }

const well = (detail: string): Finding => ({ result: 'pass', detail, remedy: null })
const bad = (detail: string, remedy: string): Finding => ({ result: 'fail', detail, remedy })

/** Below this a clock has lost its battery: the first release is younger. */
const earliestYear = 2_026
const leastFreeBytes = 1024 ** 3
const leastMemoryBytes = 1024 ** 3

/** What the engine needs of this machine, and with a data folder of that folder. */
export async function machineReport(dataDir: string | null, onStep: (step: DoctorStep) => void): Promise<DoctorReport> {
  const at = new Date().toISOString()
  const steps: DoctorStep[] = []
  for (const { name, meaning, look } of [...machineChecks, ...(dataDir === null ? [] : folderChecks(dataDir))]) {
    const begunMs = performance.now()
    let finding: Finding
    try {
      finding = await look()
    } catch (error) {
      finding = bad(
        `${error instanceof Error ? error.message : String(error)}.`,
        'Mend this first; the engine would meet the same.',
      )
    }
    const step = { name, ...finding, meaning, tookMs: Math.round(performance.now() - begunMs) }
    steps.push(step)
    onStep(step)
  }
  return doctorReport('machine', null, at, steps)
}

const machineChecks: readonly Check[] = [
  {
    name: 'runtime',
    meaning: 'The engine runs on Node 24.',
    look: () => {
      const major = Number(process.versions.node.split('.')[0])
      return major === 24
        ? well(`Node ${process.versions.node} on ${process.platform} ${process.arch}.`)
        : bad(`Node ${process.versions.node}.`, 'Start millwright through its own launcher, which brings Node 24.')
    },
  },
  {
    name: 'database',
    meaning: 'The twin is an encrypted SQLite file; older SQLite can damage it.',
    look: () => {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-doctor-'))
      try {
        // Refuses a version that is too old; an encrypted file in WAL mode is what the twin is.
        const db = openForWriting(path.join(folder, 'trial.db'), randomBytes(32))
        const row = get<{ version: string }>(db, 'SELECT sqlite_version() AS version')
        db.close()
        return well(`SQLite ${row?.version ?? ''} writes and reads an encrypted file.`)
      } finally {
        fs.rmSync(folder, { recursive: true, force: true })
      }
    },
  },
  {
    name: 'memory',
    meaning: 'The engine takes 250 to 400 MB for 5,000 points.',
    look: () => {
      const words = `${megabytes(os.freemem())} MB free of ${megabytes(os.totalmem())} MB, ${os.availableParallelism()} processors.`
      return os.totalmem() >= leastMemoryBytes ? well(words) : bad(words, 'Give this machine at least 1 GB of memory.')
    },
  },
  {
    name: 'clock',
    meaning: 'Values, alerts and events are ordered by time.',
    look: () => {
      const now = new Date()
      const zone = new Intl.DateTimeFormat('en').resolvedOptions().timeZone
      return now.getUTCFullYear() >= earliestYear
        ? well(`${now.toISOString()}, zone ${zone}.`)
        : bad(`The clock says ${now.toISOString()}.`, 'Set the clock, and let it follow a time server (NTP).')
    },
  },
  {
    name: 'host-name',
    meaning: 'The certificate of this application carries the name of this machine; servers may look it up.',
    look: async () => {
      const name = os.hostname()
      try {
        const { address } = await lookup(name)
        return well(`"${name}" is ${address}.`)
      } catch {
        return well(`"${name}" is not known to the name server; servers that check host names may refuse this client.`)
      }
    },
  },
]

function folderChecks(dataDir: string): Check[] {
  return [
    {
      name: 'data-folder',
      meaning: 'Everything the engine keeps is in this folder.',
      look: () => {
        const probe = path.join(dataDir, `.doctor-${randomBytes(6).toString('hex')}`)
        try {
          fs.writeFileSync(probe, 'x')
          fs.rmSync(probe)
        } catch (error) {
          return bad(
            `${dataDir} cannot be written (${error instanceof Error ? error.message : String(error)}).`,
            'Give the user who runs the engine the right to write there.',
          )
        }
        return well(`${dataDir} can be written.`)
      },
    },
    {
      name: 'disk',
      meaning: 'When the disk is full, captures stop first, then values.',
      look: () => {
        const { bavail, bsize } = fs.statfsSync(dataDir)
        const words = `${megabytes(bavail * bsize)} MB free.`
        return bavail * bsize >= leastFreeBytes
          ? well(words)
          : bad(words, 'Free space on this disk, or move the data folder.')
      },
    },
    {
      name: 'own-certificate',
      meaning: 'Secured servers know this application by its certificate.',
      look: async () => {
        const own = await describeOwnCertificate(path.join(dataDir, 'pki'))
        if (!own)
          return {
            result: 'skipped',
            detail: 'There is none yet; the engine makes it at its first start.',
            remedy: null,
          }
        const until = new Date(own.validToUs / 1_000).toISOString().slice(0, 10)
        const words = `Thumbprint ${own.thumbprint}, valid until ${until}.`
        return own.validToUs > Date.now() * 1_000
          ? well(words)
          : bad(words, 'Start the engine: it makes a new one. Trust that on each server.')
      },
    },
  ]
}

const megabytes = (bytes: number): number => Math.round(bytes / 1024 ** 2)
