import { mkdtempSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { root } from '../../scripts/lib/paths.mjs'
import { destinationFolders, engineLaunch, plantLaunch, scrubbedEnv } from './launch.ts'
import { parseOptions, UsageError } from './options.ts'

let folder = ''
beforeEach(() => (folder = realpathSync(mkdtempSync(join(tmpdir(), 'millwright-launch-')))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('the engine may write its data, its plant file and the destinations named in it, and nothing else', () => {
  const plantFile = join(folder, 'plant.json')
  const sync = [
    { id: 'a', kind: 'folder', path: 'cloud' },
    { id: 'b', kind: 'folder', path: '/mnt/share' },
    { id: 'c', kind: 'mqtt', url: 'mqtt://127.0.0.1' },
  ]
  writeFileSync(plantFile, `// comment\n${JSON.stringify({ sync })}`)
  const dataDir = join(folder, 'data')
  const { args, cwd } = engineLaunch({ appRoot: root, dataDir, plantFile })
  expect(args.filter((arg) => arg.startsWith('--allow-fs-write'))).toEqual([
    `--allow-fs-write=${dataDir}`,
    `--allow-fs-write=${plantFile}`,
    `--allow-fs-write=${join(dataDir, 'cloud')}`,
    `--allow-fs-write=${join(dataDir, 'cloud')}/*`,
    '--allow-fs-write=/mnt/share',
    '--allow-fs-write=/mnt/share/*',
  ])
  expect(args).toContain('--permission')
  expect(args.some((arg) => arg.startsWith('--allow-child-process'))).toBe(false)
  expect(args).not.toContain('--allow-fs-read=*')
  expect(cwd).toBe(dataDir)
})

test('a data folder behind a symbolic link is granted by its real path', () => {
  mkdirSync(join(folder, 'real'))
  symlinkSync(join(folder, 'real'), join(folder, 'link'))
  const { args } = engineLaunch({ appRoot: root, dataDir: join(folder, 'link'), plantFile: join(folder, 'none.json') })
  expect(args).toContain(`--allow-fs-write=${join(folder, 'real')}`)
})

test('a faulty plant file grants nothing', () => {
  expect(destinationFolders('{ "sync": 7 }', folder)).toEqual([])
  expect(destinationFolders('', folder)).toEqual([])
})

test('children inherit neither secrets nor loader settings', () => {
  const planted = {
    NODE_OPTIONS: '--inspect',
    LD_PRELOAD: 'x.so',
    HTTPS_PROXY: 'http://user:secret@proxy',
    AWS_SECRET_ACCESS_KEY: 's',
  }
  const before = { ...process.env }
  Object.assign(process.env, planted)
  try {
    const env = scrubbedEnv(folder)
    for (const name of Object.keys(planted)) expect(env).not.toHaveProperty(name)
    expect(env['TMPDIR']).toBe(folder)
  } finally {
    for (const name of Object.keys(planted)) {
      if (before[name] === undefined) delete process.env[name]
      else process.env[name] = before[name]
    }
  }
})

test('the engine is told how to keep its memory, whatever the caller has set', () => {
  const before = process.env['MALLOC_ARENA_MAX']
  process.env['MALLOC_ARENA_MAX'] = '64'
  try {
    const { env } = engineLaunch({ appRoot: root, dataDir: folder, plantFile: join(folder, 'plant.json') })
    expect(env).toMatchObject({ MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072' })
  } finally {
    if (before === undefined) delete process.env['MALLOC_ARENA_MAX']
    else process.env['MALLOC_ARENA_MAX'] = before
  }
})

test('the plant is started on the port asked for', () => {
  const { args } = plantLaunch({ appRoot: root, dataDir: folder, port: 0, broker: 'mqtt://127.0.0.1:1883' })
  expect(args.slice(-8)).toEqual([
    '--port',
    '0',
    '--pki',
    join(folder, 'plant-pki'),
    '--cloud',
    join(folder, 'cloud'),
    '--broker',
    'mqtt://127.0.0.1:1883',
  ])
})

test('options are found among Chromium’s switches, in both forms', () => {
  expect(parseOptions(['--no-sandbox', '/app', '--data', 'd', '--plant=p.json'], '/home/u')).toEqual({
    data: '/home/u/d',
    plant: '/home/u/p.json',
    capture: undefined,
    broker: undefined,
    hidden: false,
  })
  expect(() => parseOptions(['--data', '--hidden'], '/')).toThrow(UsageError)
  expect(() => parseOptions(['--plant='], '/')).toThrow(/--plant needs a value/)
})
