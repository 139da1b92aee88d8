import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { plantFileSchema } from '../../shared/domain/plant-file.ts'
import { parsePlantArguments } from './options.ts'
import { readParentRequest } from './parent-messages.ts'
import { PlantInputError } from './plant-input-error.ts'
import { runPlant } from './run.ts'

const io = () => {
  const out: string[] = []
  const err: string[] = []
  return {
    out,
    err,
    io: {
      stdout: (text: string) => void out.push(text),
      stderr: (text: string) => void err.push(text),
      cwd: '/work',
      json: false,
    },
  }
}

describe('arguments', () => {
  it('default to the failing bearing, a free port and seed 1', () => {
    expect(parsePlantArguments([], '/x')).toMatchObject({
      port: 0,
      seed: 1,
      scenario: 'bearing-outer-race',
      counters: 0,
    })
  })

  it('serve nothing but what a load run asks for, unless a scenario is named', () => {
    expect(parsePlantArguments(['--points', '5'], '/x').scenario).toBeNull()
    expect(parsePlantArguments(['--points', '5', '--scenario', 'healthy'], '/x').scenario).toBe('healthy')
  })

  it('resolve relative paths against the caller', () => {
    const run = parsePlantArguments(['--replay', 'i.json', '--record', 'a, b', '--write-plant', '/abs/p.json'], '/x')
    expect(run.replay).toEqual({ indexFile: '/x/i.json', recordIds: ['a', 'b'], speedUp: 1 })
    expect(run.writePlant).toBe('/abs/p.json')
  })

  it.each([
    [['--port', '70000'], /--port takes a number from 0 to 65535, not "70000"/],
    [['--points', '1.5'], /--points takes a whole number/],
    [['--rate', 'fast'], /--rate takes a number/],
    [['--scenario', 'boom'], /no scenario "boom": choose one of healthy, /],
    [['--record', 'x'], /give the index too/],
    [['--broker', 'http://x'], /--broker takes mqtt:\/\//],
    [['--frobnicate'], /--frobnicate/],
  ])('%j is refused in one sentence', (argv, message) => {
    expect(() => parsePlantArguments(argv, '/x')).toThrow(PlantInputError)
    expect(() => parsePlantArguments(argv, '/x')).toThrow(message)
  })

  it('bad input is exit code 2 with nothing on stdout', async () => {
    const { io: port, out, err } = io()
    expect(await runPlant(['--scenario', 'boom'], port)).toBe(2)
    expect(out).toEqual([])
    expect(err.join('')).toMatch(/no scenario "boom"/)
  })
})

describe('requests of the parent', () => {
  it.each([
    [
      { type: 'wan', on: false },
      { type: 'wan', on: false },
    ],
    [
      { type: 'scenario', name: 'mixed' },
      { type: 'scenario', name: 'mixed' },
    ],
    [
      { type: 'scenario', name: 'mixed', speedUp: 10 },
      { type: 'scenario', name: 'mixed', speedUp: 10 },
    ],
    [{ type: 'stop' }, { type: 'stop' }],
  ])('%j is understood', (message, request) => expect(readParentRequest(message)).toEqual(request))

  it.each([
    null,
    'stop',
    {},
    { type: 'wan' },
    { type: 'scenario', name: 'x' },
    { type: 'scenario', name: 'mixed', speedUp: 0 },
    { type: 'format-disk' },
  ])('%j is refused in words', (message) => expect(readParentRequest(message)).toBeTypeOf('string'))
})

describe('as a child process with an ipc channel', () => {
  let dir = ''
  let child: ChildProcess | null = null
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'plant-run-'))
    mkdirSync(join(dir, 'cloud'))
  })
  afterEach(() => {
    child?.kill('SIGKILL')
    rmSync(dir, { recursive: true, force: true })
  })

  const start = (): {
    child: ChildProcess
    next: (type: string, accept?: (m: Message) => boolean) => Promise<Message>
    lines: string[]
  } => {
    const started = spawn(
      process.execPath,
      [
        join(import.meta.dirname, 'main.ts'),
        '--pki',
        join(dir, 'pki'),
        '--cloud',
        join(dir, 'cloud'),
        '--broker',
        'mqtt://127.0.0.1:9',
        '--write-plant',
        join(dir, 'plant.json'),
      ],
      { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], serialization: 'advanced' },
    )
    const lines: string[] = []
    started.stdout?.on('data', (data: Buffer) => lines.push(data.toString()))
    const seen: Message[] = []
    const waiting: (() => void)[] = []
    started.on('message', (message) => {
      seen.push(message as Message)
      for (const wake of waiting.splice(0)) wake()
    })
    const next = async (type: string, accept: (m: Message) => boolean = () => true): Promise<Message> => {
      for (;;) {
        const at = seen.findIndex((message) => message.type === type && accept(message))
        if (at >= 0) return seen.splice(0, at + 1).at(-1) as Message
        await new Promise<void>((wake) => waiting.push(wake))
      }
    }
    return { child: started, next, lines }
  }

  it('says ready with its plant file, takes scenario and WAN, and stops', async () => {
    const run = start()
    child = run.child
    const ready = await run.next('ready')
    const plant = plantFileSchema.parse(ready['plant'])
    expect(JSON.parse(run.lines.join(''))).toEqual({ endpointUrl: ready['endpointUrl'] })
    expect(JSON.parse(readFileSync(join(dir, 'plant.json'), 'utf8'))).toEqual(plant)
    expect(plant.sync.find((destination) => destination.kind === 'mqtt')).not.toMatchObject({
      url: 'mqtt://127.0.0.1:9',
    })
    expect(await run.next('state')).toMatchObject({ scenario: 'bearing-outer-race', wan: true })
    run.child.send({ type: 'scenario', name: 'looseness', speedUp: 36_000 })
    await run.next('state', (m) => m['scenario'] === 'looseness' && Number(m['severity']) > 0)
    run.child.send({ type: 'wan', on: false })
    await run.next('state', (m) => m['wan'] === false)
    expect(lstatSync(join(dir, 'cloud')).isFile()).toBe(true)
    run.child.send({ type: 'nonsense' })
    await run.next('refused')
    run.child.send({ type: 'stop' })
    expect(await new Promise((done) => run.child.once('exit', done))).toBe(0)
    expect(lstatSync(join(dir, 'cloud')).isDirectory()).toBe(true)
    expect(existsSync(join(dir, 'cloud.offline'))).toBe(false)
  })

  it('ends by itself when its parent goes away', async () => {
    const run = start()
    child = run.child
    await run.next('ready')
    run.child.disconnect()
    expect(await new Promise((done) => run.child.once('exit', done))).toBe(0)
  })
})

interface Message extends Record<string, unknown> {
  type: string
}
