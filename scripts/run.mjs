// Every npm script comes through here: set up what the job needs, build what is stale, then do the job on Node 24.
import { resolve } from 'node:path'
import { ensureBuilt } from './lib/build.mjs'
import { runInherited } from './lib/exec.mjs'
import { findNode24, modules, root } from './lib/paths.mjs'
import { report, setUp } from './setup.mjs'
import { join } from 'node:path'

const bin = (...parts) => join(modules, ...parts)
const everything = ['electron', 'mosquitto']
const vitest = bin('vitest', 'vitest.mjs')

/** name -> what it needs, what must be built, and the command (for Node 24) it runs. */
const jobs = {
  start: { needs: ['electron'], build: ['engine', 'app'], command: ['scripts/start.mjs'] },
  test: { needs: everything, build: [], command: ['scripts/test.mjs'] },
  ready: { needs: everything, build: [], command: ['scripts/test.mjs', '--ready'] },
  types: { command: ['scripts/checks.mjs', 'types'] },
  lint: { command: ['scripts/checks.mjs', 'lint'] },
  format: { command: ['scripts/checks.mjs', 'format'] },
  deps: { command: ['scripts/checks.mjs', 'deps'] },
  unit: { needs: ['mosquitto'], build: ['engine'], command: [vitest, 'run'] },
  build: { build: ['engine', 'app'], command: undefined },
  e2e: {
    needs: everything,
    build: ['engine', 'app'],
    command: [bin('@playwright', 'test', 'cli.js'), 'test'],
  },
  millwright: { build: ['engine'], command: ['out/engine/cli.js'], callerPaths: true },
  bench: {
    needs: (args) => (/^(live|startup)$/.test(args[0] ?? '') ? everything : ['mosquitto']),
    build: ['engine', 'app'],
    command: ['scripts/measure.mjs', 'bench'],
    callerPaths: true,
  },
  soak: { needs: everything, build: ['engine', 'app'], command: ['scripts/measure.mjs', 'soak'], callerPaths: true },
}

async function main() {
  const [name = '', ...args] = process.argv.slice(2)
  const job = jobs[name]
  if (!job) {
    process.stderr.write(`Unknown job "${name}". Known: ${Object.keys(jobs).join(', ')}.\n`)
    return 2
  }
  await setUp(typeof job.needs === 'function' ? job.needs(args) : (job.needs ?? []))
  if (job.build?.length) await ensureBuilt(job.build)
  if (!job.command) return 0
  const [script, ...fixed] = job.command
  const path = [join(modules, '.bin'), process.env.PATH].join(process.platform === 'win32' ? ';' : ':')
  return runInherited(findNode24(), [resolve(root, script), ...fixed, ...args], {
    // Relative paths on the command line are the caller's (INIT_CWD is where npm was called).
    cwd: job.callerPaths ? (process.env.INIT_CWD ?? process.cwd()) : root,
    env: { ...process.env, PATH: path },
  })
}

try {
  process.exitCode = await main()
} catch (error) {
  report(error)
  process.exitCode = 1
}
