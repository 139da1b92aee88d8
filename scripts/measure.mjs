// `npm run -s bench -- NAME` and `soak`: e2e/bench/main.ts and e2e/soak/main.ts, on Node 24. Benches need a build, since
// they measure the engine as it is shipped.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runInherited } from './lib/exec.mjs'
import { root } from './lib/paths.mjs'

const [kind = 'bench', ...args] = process.argv.slice(2)
const entry = join(root, 'e2e', kind, 'main.ts')
if (existsSync(entry)) process.exitCode = await runInherited(process.execPath, [entry, ...args])
else {
  process.stderr.write(`${kind} is not yet available in this version.\n`)
  process.exitCode = 2
}
