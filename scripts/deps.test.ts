import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cruise, type Violation } from './deps.mjs'

/** [the importing file, the planted line, the rule that must name it] */
const planted: readonly (readonly [file: string, source: string, rule: string])[] = [
  [
    'electron/ingest/value.ts',
    `import { a } from '../store/api.ts'\nexport const b = a`,
    'modules-do-not-import-each-other',
  ],
  [
    'electron/ingest/type-only.ts',
    `import type { A } from '../store/api.ts'\nexport type B = A`,
    'modules-do-not-import-each-other',
  ],
  [
    'electron/ingest/dynamic.ts',
    `export const load = () => import('../store/api.ts')`,
    'modules-do-not-import-each-other',
  ],
  ['electron/ingest/re-export.ts', `export { a } from '../store/api.ts'`, 'modules-do-not-import-each-other'],
  ['electron/ingest/own.test.ts', `import { a } from '../store/api.ts'\nexport const b = a`, 'module-tests'],
  [
    'renderer/features/alerts/Panel.tsx',
    `import { Other } from '../machine/Other.tsx'\nexport const P = () => <Other />`,
    'features-do-not-import-each-other',
  ],
  [
    'renderer/features/alerts/TypeOnly.tsx',
    `import type { Props } from '../machine/Other.tsx'\nexport const Q = (p: Props) => <b>{p.x}</b>`,
    'features-do-not-import-each-other',
  ],
  [
    'renderer/features/alerts/Plot.tsx',
    `import uPlot from 'uplot'\nexport const R = () => <b>{String(uPlot)}</b>`,
    'uplot-behind-charts',
  ],
  [
    'renderer/bridge/fs.ts',
    `import { readFileSync } from 'node:fs'\nexport const r = readFileSync`,
    'renderer-has-no-node',
  ],
  [
    'renderer/bridge/engine.ts',
    `import type { A } from '../../electron/store/api.ts'\nexport type E = A`,
    'renderer-knows-shared-only',
  ],
  [
    'shared/domain/node.ts',
    `import { readFileSync } from 'node:fs'\nexport const r = readFileSync`,
    'shared-runs-anywhere',
  ],
  [
    'shared/domain/room.ts',
    `import type { A } from '../../electron/store/api.ts'\nexport type E = A`,
    'shared-runs-anywhere',
  ],
  [
    'electron/dsp/clock.ts',
    `import { performance } from 'node:perf_hooks'\nexport const p = performance`,
    'pure-rooms',
  ],
  [
    'electron/ingest/db.ts',
    `import db from 'better-sqlite3-multiple-ciphers'\nexport const d = db`,
    'sqlite-behind-store',
  ],
  [
    'electron/ingest/table.ts',
    `import { ParquetWriter } from 'hyparquet-writer'\nexport const w = ParquetWriter`,
    'parquet-behind-files',
  ],
  [
    'electron/ingest/ua.ts',
    `import type { X } from 'node-opcua'\nexport type Y = X`,
    'node-opcua-behind-opcua-and-plant',
  ],
  ['electron/engine/shell.ts', `import { m } from '../main/m.ts'\nexport const n = m`, 'engine-and-cli-wire-modules'],
  ['electron/main/logic.ts', `import { a } from '../store/api.ts'\nexport const n = a`, 'main-holds-no-logic'],
  ['electron/main/wanders.ts', `import { nowhere } from './nowhere.ts'\nexport const n = nowhere`, 'resolvable'],
  ['electron/engine/window.ts', `import { app } from 'electron'\nexport const n = app`, 'electron-in-the-shell-only'],
  ['electron/engine/kit.ts', `import { k } from '../testkit/k.ts'\nexport const n = k`, 'no-test-kit-in-the-product'],
  ['electron/preload/wide.ts', `import { z } from 'zod'\nexport const n = z`, 'preload-is-a-bridge'],
  ['electron/alerts/one.ts', `import { two } from './two.ts'\nexport const one = () => two`, 'no-cycles'],
]

/** Legal neighbours, so that a rule that forbade everything would be noticed. */
const legal: readonly (readonly [file: string, source: string])[] = [
  ['electron/store/api.ts', `export const a = 1\nexport type A = number`],
  [
    'electron/store/db.ts',
    `import db from 'better-sqlite3-multiple-ciphers'\nimport { s } from '../../shared/domain/s.ts'\nexport const d = [db, s]`,
  ],
  ['electron/files/table.ts', `import { ParquetWriter } from 'hyparquet-writer'\nexport const w = ParquetWriter`],
  ['electron/engine/compose.ts', `import { a } from '../store/api.ts'\nexport const n = a`],
  ['electron/alerts/two.ts', `import { one } from './one.ts'\nexport const two = () => one`],
  ['electron/main/m.ts', `import { app } from 'electron'\nexport const m = app`],
  ['electron/testkit/k.ts', `export const k = 1`],
  ['shared/domain/s.ts', `import { z } from 'zod'\nexport const s = z`],
  ['renderer/features/machine/Other.tsx', `export interface Props { x: string }\nexport const Other = () => <b />`],
  ['renderer/charts/plot.ts', `import uPlot from 'uplot'\nexport const u = uPlot`],
]

let base = ''
let violations: Violation[] = []
let unread: string[] = []

function write(file: string, text: string): void {
  mkdirSync(dirname(join(base, file)), { recursive: true })
  writeFileSync(join(base, file), `${text}\n`)
}

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'millwright-deps-'))
  const packages = ['better-sqlite3-multiple-ciphers', 'node-opcua', 'zod', 'uplot', 'hyparquet-writer']
  write(
    'package.json',
    JSON.stringify({ type: 'module', dependencies: Object.fromEntries(packages.map((n) => [n, '1'])) }),
  )
  for (const name of packages) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }))
    write(`node_modules/${name}/index.js`, 'module.exports = {}')
  }
  for (const [file, source] of [...planted, ...legal]) write(file, source)
  ;({ violations, unread } = await cruise(base))
})

afterAll(() => rmSync(base, { recursive: true, force: true }))

describe('dependency rules', () => {
  test.each(planted)('%s is caught', (file, _source, rule) => {
    expect(violations.filter((violation) => violation.from === file).map((violation) => violation.rule)).toContain(rule)
  })

  test('legal imports are not', () => {
    const files = new Set(legal.map(([file]) => file).filter((file) => file !== 'electron/alerts/two.ts'))
    expect(violations.filter(({ from }) => files.has(from))).toEqual([])
  })

  test('every planted file was read', () => {
    expect(unread).toEqual([])
  })
})
