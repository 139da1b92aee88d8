import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { askEngine, serveLocalSocket } from './local-socket.ts'

const cleanUp: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step()
})

async function folder(): Promise<string> {
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), 'millwright-socket-'))
  cleanUp.push(() => fs.rm(dir, { recursive: true, force: true }))
  return dir
}

const silent = { out: () => {}, err: () => {} }

describe('the local socket', () => {
  it('carries a request to the engine and its output back, and is the owner’s alone', async () => {
    const dir = await folder()
    const server = await serveLocalSocket(dir, (request, io) => {
      io.out(`${request.verb} ${request.argv.join(' ')}\nä`)
      io.err('noted')
      return Promise.resolve(1)
    })
    cleanUp.push(() => server.close())
    let out = ''
    let err = ''
    const code = await askEngine(
      dir,
      { verb: 'status', argv: ['--x', 'y'], json: true },
      { out: (text) => (out += text), err: (text) => (err += text) },
    )
    expect([code, out, err]).toEqual([1, 'status --x y\nä', 'noted'])
    if (process.platform !== 'win32') expect((await fs.stat(path.join(dir, 'engine.sock'))).mode & 0o077).toBe(0)
  })

  it('says that no engine runs, also when a killed one left its socket, which the next one replaces', async () => {
    const dir = await folder()
    expect(await askEngine(dir, { verb: 'status', argv: [], json: true }, silent)).toBeNull()
    await fs.writeFile(path.join(dir, 'engine.sock'), '')
    expect(await askEngine(dir, { verb: 'status', argv: [], json: true }, silent)).toBeNull()
    const server = await serveLocalSocket(dir, () => Promise.resolve(0))
    cleanUp.push(() => server.close())
    expect(await askEngine(dir, { verb: 'status', argv: [], json: true }, silent)).toBe(0)
  })

  it('turns a failing handler into one sentence and exit 2', async () => {
    const dir = await folder()
    const server = await serveLocalSocket(dir, () => Promise.reject(new Error('The reader is gone.')))
    cleanUp.push(() => server.close())
    let err = ''
    const code = await askEngine(dir, { verb: 'verify', argv: [], json: false }, { ...silent, err: (t) => (err += t) })
    expect([code, err]).toEqual([2, 'The reader is gone.\n'])
  })

  it('works in a data folder deeper than a socket path may be long', async () => {
    const deep = path.join(await folder(), 'a'.repeat(60), 'b'.repeat(60))
    await fs.mkdir(deep, { recursive: true })
    const before = process.cwd()
    process.chdir(deep)
    cleanUp.push(() => Promise.resolve(process.chdir(before)))
    const server = await serveLocalSocket(deep, () => Promise.resolve(0))
    cleanUp.push(() => server.close())
    expect(await askEngine(deep, { verb: 'status', argv: [], json: true }, silent)).toBe(0)
  })
})
