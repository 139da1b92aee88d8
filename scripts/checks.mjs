// The static checks, one by one (`npm run types`) or all from `npm test`.
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runInherited } from './lib/exec.mjs'
import { modules, root } from './lib/paths.mjs'

const tool = (...parts) => join(modules, ...parts)
const tsc = tool('typescript', 'bin', 'tsc')

/** check -> commands for Node 24, each counted on its own. */
export const checks = {
  types: ['node', 'web', 'shared'].map((project) => ({
    name: `types (${project})`,
    command: [tsc, '-p', `tsconfig.${project}.json`],
  })),
  lint: [
    {
      name: 'lint',
      command: [tool('oxlint', 'bin', 'oxlint'), '--type-aware', '--max-warnings', '0'],
    },
  ],
  format: [{ name: 'format', command: [tool('oxfmt', 'bin', 'oxfmt'), '--check'] }],
  deps: [{ name: 'rooms (dependency rules)', command: ['scripts/deps.mjs'] }],
}

export function runCheck({ command }, args = []) {
  const [script, ...rest] = command
  return runInherited(process.execPath, [resolve(root, script), ...rest, ...args], { cwd: root })
}

if (process.argv[1] && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  const [name = '', ...args] = process.argv.slice(2)
  for (const check of checks[name] ?? []) {
    const code = await runCheck(check, args)
    if (code !== 0) process.exitCode = 1
  }
}
