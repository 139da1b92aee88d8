// Everything CI runs. Each part runs even when an earlier one failed, so that one run shows all there is to mend; the
// last line says what came of it and the exit code agrees with it.
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { checks, runCheck } from './checks.mjs'
import { ensureBuilt } from './lib/build.mjs'
import { describeElectron, findElectron } from './lib/electron-runtime.mjs'
import { runInherited } from './lib/exec.mjs'
import { modules, root } from './lib/paths.mjs'

const total = { passed: 0, failed: 0, skipped: 0 }
const summary = []
const failures = []
const reports = join(root, 'out', 'reports')

function heading(text) {
  process.stdout.write(`\n== ${text}\n`)
}

function count(name, { passed = 0, failed = 0, skipped = 0 }) {
  total.passed += passed
  total.failed += failed
  total.skipped += skipped
  summary.push(`${failed > 0 ? 'FAILED' : 'ok    '} ${name}: ${passed} passed, ${failed} failed, ${skipped} skipped`)
}

/** Said once more at the end: what a reader of the last lines alone needs. */
function noteFailure(file, name, message = '') {
  const said = stripVTControlCharacters(message).split('\n').slice(0, 6).join('\n    ')
  failures.push(`FAILED ${relative(root, file)}: ${name}\n    ${said}`)
}

function noteFailedSpecs({ file, specs = [], suites = [] }) {
  for (const { ok, title, tests } of specs) {
    if (!ok) noteFailure(join(root, 'e2e', file), title, tests[0]?.results.at(-1)?.error?.message)
  }
  for (const suite of suites) noteFailedSpecs(suite)
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** A runner that fails without one failed test (a file that cannot be imported, a crash) still counts as a failure. */
function honest(code, counts) {
  return code !== 0 && (counts.failed ?? 0) === 0 ? { ...counts, failed: 1 } : counts
}

async function staticChecks() {
  for (const check of Object.values(checks).flat()) {
    heading(check.name)
    const code = await runCheck(check)
    count(check.name, code === 0 ? { passed: 1 } : { failed: 1 })
  }
}

async function build() {
  heading('build')
  try {
    await ensureBuilt()
    count('build', { passed: 1 })
    return true
  } catch (error) {
    process.stdout.write(`${error.message}\n`)
    count('build', { failed: 1 })
    return false
  }
}

async function unit() {
  heading('unit, contract, property and fault tests')
  const file = join(reports, 'unit.json')
  const code = await runInherited(
    process.execPath,
    [
      join(modules, 'vitest', 'vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
    ],
    { cwd: root },
  )
  const report = readReport(file)
  for (const { name, message, assertionResults } of report?.testResults ?? []) {
    const failed = assertionResults.filter(({ status }) => status === 'failed')
    for (const { fullName, failureMessages } of failed) noteFailure(name, fullName, failureMessages[0])
    if (failed.length === 0 && message) noteFailure(name, 'the file itself', message)
  }
  count(
    'unit tests',
    honest(code, {
      passed: report?.numPassedTests ?? 0,
      failed: report?.numFailedTests ?? 0,
      skipped: (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0),
    }),
  )
}

async function endToEnd() {
  const runtime = findElectron()
  heading(`end-to-end tests on ${runtime ? describeElectron(runtime) : 'no Electron'}`)
  const file = join(reports, 'e2e.json')
  const code = await runInherited(
    process.execPath,
    [join(modules, '@playwright', 'test', 'cli.js'), 'test', '--reporter=list,json'],
    { cwd: root, env: { ...process.env, PLAYWRIGHT_JSON_OUTPUT_NAME: file } },
  )
  const report = readReport(file)
  for (const suite of report?.suites ?? []) noteFailedSpecs(suite)
  const stats = report?.stats
  count(
    'end-to-end tests',
    honest(code, {
      passed: (stats?.expected ?? 0) + (stats?.flaky ?? 0),
      failed: stats?.unexpected ?? 0,
      skipped: stats?.skipped ?? 0,
    }),
  )
}

rmSync(reports, { recursive: true, force: true })
mkdirSync(reports, { recursive: true })
await staticChecks()
const built = await build()
await unit()
if (built) await endToEnd()
else count('end-to-end tests (not run: the build failed)', { failed: 1 })

process.stdout.write(`\n${[...summary, ...failures].join('\n')}\n\n`)
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : ''
process.stdout.write(`${total.passed} passed, ${total.failed} failed${skipped}\n`)
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0
