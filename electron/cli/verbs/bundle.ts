import { createPrivateKey, type KeyObject } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import type { Fault } from '../../../shared/domain/fault.ts'
import type { PlantChange } from '../../../shared/domain/plant-change.ts'
import {
  applyChanges,
  BundleError,
  BundleExportError,
  bundleOf,
  checkPlantFile,
  importBundle,
  newSigningKey,
  openBundle,
  parsePlantFile,
  PlantFileError,
  readable,
  readBundleSite,
  signBundle,
  siteForm,
  type BundleImport,
  type OpenedBundle,
} from '../../assets/index.ts'
import { UsageError, type CliIo } from '../io.ts'
import { readOptions, required, resolveFrom } from '../options.ts'
import { knownBearings, readPlant } from '../plant-source.ts'
import { writeWhole } from './whole-file.ts'

const usage =
  'write: millwright bundle export --plant FILE --out F --key K [--machine ID]... [--name N], bundle show F, bundle form F [--out SITE.json], or bundle import F --plant FILE --site SITE.json [--trust FINGERPRINT]... [--replace] [--apply]'

/**
 * `millwright bundle`: contracts, alerts, templates, failure modes and bearings of machines, signed, from one plant to the
 * next. `import` is a dry run that lists every change until `--apply`. Exit 0 done, 1 refused or faults, 2 usage.
 */
export async function runBundle(argv: string[], io: CliIo): Promise<number> {
  const [what, ...rest] = argv
  const actions: Record<string, (argv: string[], io: CliIo) => Promise<number>> = {
    export: exportBundle,
    show: showBundle,
    form: writeForm,
    import: runImport,
  }
  const action = what !== undefined && Object.hasOwn(actions, what) ? actions[what] : undefined
  if (!action) throw new UsageError(`bundle does not know "${what ?? ''}"; ${usage}.`)
  return await action(rest, io)
}

const text = { type: 'string' } as const

async function exportBundle(argv: string[], io: CliIo): Promise<number> {
  const { values, positionals } = readOptions('bundle export', argv, {
    plant: text,
    out: text,
    key: text,
    name: text,
    machine: { type: 'string', multiple: true },
  })
  if (positionals[0] !== undefined) throw new UsageError(`bundle export does not know "${positionals[0]}"; ${usage}.`)
  const plantFile = required('bundle export', 'plant', values.plant)
  const out = resolveFrom(io.cwd, required('bundle export', 'out', values.out))
  const keyFile = resolveFrom(io.cwd, required('bundle export', 'key', values.key))
  const loaded = await load(plantFile, io)
  const { plant, configHash } = loaded
  let signed: OpenedBundle
  try {
    const name = values.name ?? `Contracts of ${plant.plant.name}`
    const madeAt = new Date().toISOString()
    const bundle = bundleOf(plant, { name, machines: values.machine, madeAt, configHash })
    const whole = `${JSON.stringify(signBundle(bundle, signingKey(keyFile, io)), null, 2)}\n`
    // What is written is what anybody can open.
    signed = openBundle(whole, values.out ?? '')
    await writeWhole('bundle export', out, (write) => {
      write(whole)
      return Promise.resolve()
    })
  } catch (error) {
    if (error instanceof BundleExportError) throw new UsageError(error.message, { cause: error })
    throw error
  }
  tellBundle(signed, out, io)
  return 0
}

async function load(plantFile: string, io: CliIo) {
  const source = await readPlant(plantFile, io.cwd)
  try {
    return parsePlantFile(source, { bearings: await knownBearings() })
  } catch (error) {
    if (error instanceof PlantFileError) throw new UsageError(`${plantFile}: ${error.message}`, { cause: error })
    throw error
  }
}

/** The plant's own key. A missing one is made, readable by its owner only. */
function signingKey(file: string, io: CliIo): KeyObject {
  if (!fs.existsSync(file)) {
    try {
      fs.mkdirSync(path.dirname(file), { recursive: true })
      fs.writeFileSync(file, newSigningKey(), { mode: 0o600, flag: 'wx', flush: true })
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new UsageError(`The key file ${file} cannot be written (${why}); choose another --key.`, { cause })
    }
    io.stderr(`Made a new signing key in ${file}, readable by its owner only. Who has it can sign for this plant.\n`)
  }
  try {
    const key = createPrivateKey(fs.readFileSync(file, 'utf8'))
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch (cause) {
    throw new UsageError(`${file} holds no private key; name a PEM file with an Ed25519 key, or a new file.`, { cause })
  }
  throw new UsageError(`${file} holds another kind of key; name a PEM file with an Ed25519 key, or a new file.`)
}

function tellBundle({ bundle, signer }: OpenedBundle, file: string, io: CliIo): void {
  const { name, from, madeAt, hash, content } = bundle
  const counts = {
    machines: content.machines.length,
    contracts: content.machines.flatMap(({ points }) => points.filter(({ contractHash }) => contractHash !== null))
      .length,
    alerts: content.machines.reduce((sum, { alerts }) => sum + alerts.length, 0),
    templates: content.templates.length,
    failureModes: content.failureModes.length,
    bearings: content.bearings.length,
  }
  if (io.json) {
    const facts = { file, name, from: from.plantId, madeAt, hash, signer, ...counts }
    io.stdout(`${JSON.stringify({ schema: 'millwright/bundle-facts@1', ok: true, ...facts }, null, 2)}\n`)
    return
  }
  const listed = Object.entries(counts).map(([what, count]) => `${count} ${what}`)
  io.stdout(
    `${file}: ${name}, from ${from.plantName}, ${madeAt}\n  ${listed.join(', ')}\n  hash    ${hash}\n  signer  ${readable(signer)}\n`,
  )
}

async function showBundle(argv: string[], io: CliIo): Promise<number> {
  const { positionals } = readOptions('bundle show', argv, {})
  const opened = await open(positionals, io)
  if (opened === null) return 1
  tellBundle(opened, positionals[0] ?? '', io)
  return 0
}

/** null: it was refused, and said so. */
async function open(positionals: readonly string[], io: CliIo): Promise<OpenedBundle | null> {
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0) throw new UsageError(`bundle takes one bundle file; ${usage}.`)
  const source = await readPlant(file, io.cwd)
  try {
    return openBundle(source, file)
  } catch (error) {
    if (!(error instanceof BundleError)) throw error
    if (error.code === 'not-a-bundle') throw new UsageError(error.message, { cause: error })
    const fault = { path: 'signature', code: error.code, message: error.message, remedy: 'Nothing was imported.' }
    if (io.json) io.stdout(`${JSON.stringify({ schema: 'millwright/bundle-import@1', ok: false, faults: [fault] })}\n`)
    else io.stderr(`${error.message}\n`)
    return null
  }
}

async function writeForm(argv: string[], io: CliIo): Promise<number> {
  const { values, positionals } = readOptions('bundle form', argv, { out: text })
  const opened = await open(positionals, io)
  if (opened === null) return 1
  const form = `${JSON.stringify(siteForm(opened.bundle), null, 2)}\n`
  if (values.out === undefined) {
    io.stdout(form)
    return 0
  }
  const out = resolveFrom(io.cwd, values.out)
  await writeWhole('bundle form', out, (write) => {
    write(form)
    return Promise.resolve()
  })
  io.stderr(
    `${out}: fill in what is empty, then: millwright bundle import ${positionals[0] ?? ''} --site ${values.out}\n`,
  )
  return 0
}

async function runImport(argv: string[], io: CliIo): Promise<number> {
  const { values, positionals } = readOptions('bundle import', argv, {
    plant: text,
    site: text,
    trust: { type: 'string', multiple: true },
    replace: { type: 'boolean' },
    apply: { type: 'boolean' },
  })
  const plantFile = required('bundle import', 'plant', values.plant)
  const opened = await open(positionals, io)
  if (opened === null) return 1
  if (values.site === undefined) {
    const [file = ''] = positionals
    throw new UsageError(
      `bundle import needs --site: \`millwright bundle form ${file} --out site.json\` writes what the site has to say.`,
    )
  }
  const read = readBundleSite(await readPlant(values.site, io.cwd))
  const { plant } = await load(plantFile, io)
  const source = await readPlant(plantFile, io.cwd)
  const on = new Date().toISOString().slice(0, 10)
  const result = read.site ? importBundle(opened.bundle, read.site, plant, { signer: opened.signer, on }) : null
  const changed = result ? applyChanges(source, result.changes) : source
  const faults: Fault[] = [
    ...read.faults,
    ...(result?.needs ?? []).map(({ path: where, message }) => siteFault(where, message)),
    ...checkPlantFile(changed, { bearings: await knownBearings() }).faults,
  ]
  const isTrusted = (values.trust ?? []).some((named) => plain(named) === opened.signer)
  if (values.apply === true) faults.push(...refusals(opened, result, isTrusted, values.replace === true))
  const applied = values.apply === true && faults.length === 0 && (result?.changes.length ?? 0) > 0
  if (applied)
    await writeWhole('bundle import', resolveFrom(io.cwd, plantFile), (write) => {
      write(changed)
      return Promise.resolve()
    })
  tellImport({ opened, isTrusted, result, faults, applied }, io)
  return faults.length === 0 ? 0 : 1
}

function siteFault(where: string, message: string): Fault {
  return { path: where, code: 'site-missing', message, remedy: 'Say it in the site file.' }
}

/** A fingerprint as it is read out: groups, colons and case mean nothing. */
function plain(fingerprint: string): string {
  return fingerprint
    .toLowerCase()
    .replace(/^sha-?256:/, '')
    .replaceAll(/[^0-9a-f]/g, '')
}

/** What speaks against writing a bundle that is whole. */
function refusals(
  { bundle, signer }: OpenedBundle,
  result: BundleImport | null,
  isTrusted: boolean,
  isReplacing: boolean,
): Fault[] {
  const faults: Fault[] = []
  if (!isTrusted) {
    const message = `The bundle is signed by a key that is not trusted here (${readable(signer)}).`
    const remedy = `Compare the fingerprint with ${bundle.from.plantName}, then name it: --trust ${signer}`
    faults.push({ path: 'signature', code: 'untrusted-signer', message, remedy })
  }
  const [first] = result?.overwrites ?? []
  if (first && !isReplacing) {
    const count = result?.overwrites.length ?? 0
    const message = `${count} ${count === 1 ? 'change puts' : 'changes put'} something in the place of what the plant has, first at ${placeOf(first)}.`
    faults.push({
      path: placeOf(first),
      code: 'overwrites',
      message,
      remedy: 'Look at them, then say --replace as well.',
    })
  }
  return faults
}

function placeOf({ section, id, field }: PlantChange): string {
  return [section, id, field].filter((part) => part !== null && part !== '').join(' ')
}

interface Told {
  opened: OpenedBundle
  isTrusted: boolean
  result: BundleImport | null
  faults: readonly Fault[]
  applied: boolean
}

function tellImport({ opened, isTrusted, result, faults, applied }: Told, io: CliIo): void {
  const { bundle, signer } = opened
  const { changes = [], overwrites = [], contracts = { count: 0, equal: 0 } } = result ?? {}
  if (io.json) {
    const facts = { name: bundle.name, from: bundle.from.plantId, hash: bundle.hash, signer, trusted: isTrusted }
    const document = {
      ok: faults.length === 0,
      bundle: facts,
      changes,
      overwrites: overwrites.length,
      contracts,
      faults,
      applied,
    }
    io.stdout(`${JSON.stringify({ schema: 'millwright/bundle-import@1', ...document }, null, 2)}\n`)
    return
  }
  io.stdout(
    `${bundle.name}, from ${bundle.from.plantName}\nsigner ${readable(signer)}${isTrusted ? ', trusted' : ''}\n`,
  )
  for (const change of changes) {
    const { kind, before, after } = change
    const values = kind === 'changed' ? `: ${JSON.stringify(before)} -> ${JSON.stringify(after)}` : ''
    io.stdout(`${kind} ${placeOf(change)}${values}\n`)
  }
  for (const { path: where, message, remedy } of faults) io.stdout(`${where}\n  ${message}\n  ${remedy}\n`)
  const end = applied ? 'written' : faults.length > 0 ? 'nothing is written' : 'nothing is written without --apply'
  io.stdout(
    `${changes.length} changes, ${contracts.equal} of ${contracts.count} contracts as signed, ${faults.length} faults; ${end}\n`,
  )
}
