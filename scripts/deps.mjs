// dependency-cruiser over every room. It fails too when it saw fewer modules than there are source files: a parser it
// cannot load makes it report "no violations" over nothing.
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { run } from './lib/exec.mjs'
import { modules, root } from './lib/paths.mjs'

const rooms = ['shared', 'electron', 'renderer', 'e2e', 'scripts']

export function sourceFiles(base) {
  return rooms.flatMap((room) => {
    let names
    try {
      names = readdirSync(join(base, room), { recursive: true })
    } catch {
      return []
    }
    return names
      .filter((name) => /\.(ts|tsx|mjs|cjs)$/.test(name) && !name.endsWith('.d.ts') && !/\.d\.[mc]ts$/.test(name))
      .map((name) => `${room}/${name.replaceAll('\\', '/')}`)
  })
}

/** Cruises the rooms under `base`; answers violations and source files that were not read. */
export async function cruise(base) {
  const sources = sourceFiles(base)
  const present = rooms.filter((room) => sources.some((file) => file.startsWith(`${room}/`)))
  const cli = join(modules, 'dependency-cruiser', 'bin', 'dependency-cruiser.mjs')
  const args = [cli, '--config', join(root, '.dependency-cruiser.cjs'), '--output-type', 'json', ...present]
  const { stdout, stderr } = await run(process.execPath, args, { cwd: base })
  let report
  try {
    report = JSON.parse(stdout)
  } catch (error) {
    throw new Error(`dependency-cruiser gave no report: ${stderr.trim() || stdout.slice(0, 500)}`, { cause: error })
  }
  const seen = new Set(report.modules.map((module) => module.source))
  return {
    violations: report.summary.violations.map(({ rule, from, to }) => ({
      rule: rule.name,
      severity: rule.severity,
      from,
      to,
    })),
    unread: sources.filter((file) => !seen.has(file)),
    count: sources.length,
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  const { violations, unread, count } = await cruise(root)
  for (const { rule, from, to } of violations) console.error(`${rule}: ${from} -> ${to}`)
  for (const file of unread) console.error(`not read: ${file}`)
  const ok = violations.length === 0 && unread.length === 0 && count > 0
  console.error(`${count} source files, ${violations.length} forbidden imports, ${unread.length} files not read`)
  process.exitCode = ok ? 0 : 1
}
