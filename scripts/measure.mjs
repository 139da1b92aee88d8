// `npm run -s bench -- NAME` runs e2e/bench/NAME.ts, `soak` e2e/soak/NAME.ts, each in a process of its own on Node 24.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { runInherited } from './lib/exec.mjs'
import { root } from './lib/paths.mjs'

const [kind = 'bench', ...args] = process.argv.slice(2)
const folder = join(root, 'e2e', kind)
const name = args.find((arg) => !arg.startsWith('-'))
const names = existsSync(folder)
  ? readdirSync(folder)
      .filter((file) => /^[a-z-]+\.ts$/.test(file))
      .map((file) => file.slice(0, -3))
  : []

if (name === undefined || !names.includes(name)) {
  const known = names.length > 0 ? `There are: ${names.join(', ')}.` : 'There are none yet.'
  process.stderr.write(
    `${name === undefined ? `Name one: npm run -s ${kind} -- NAME.` : `There is no ${kind} "${name}".`} ${known}\n`,
  )
  process.exitCode = 2
} else {
  const rest = args.filter((_, i) => i !== args.indexOf(name))
  process.exitCode = await runInherited(process.execPath, [join(folder, `${name}.ts`), ...rest])
}
