import { once } from 'node:events'
import fs from 'node:fs/promises'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
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
    const server = await serveLocalSocket(dir, async (request, io) => {
      await io.out(`${request.verb} ${request.argv.join(' ')}\nä`)
      await io.err('noted')
      return 1
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

  it('makes the handler wait for a slow caller, and ends it when the caller goes', async () => {
    const dir = await folder()
    let sent = 0
    const ended: unknown[] = []
    const server = await serveLocalSocket(dir, async (_request, io) => {
      try {
        for (;;) {
          await io.out('x'.repeat(100_000))
          sent++
        }
      } catch (error) {
        ended.push(error)
        throw error
      }
    })
    cleanUp.push(() => server.close())
    const socket = net.connect(path.join(dir, 'engine.sock'))
    socket.write(`${JSON.stringify({ verb: 'export', argv: [], json: false })}\n`)
    // Read a first piece, then no more: what the engine makes must stop growing.
    await once(socket, 'readable')
    let before = -1
    while (before !== sent) {
      before = sent
      await sleep(300)
    }
    expect(sent).toBeLessThan(1000)
    socket.destroy()
    while (ended.length === 0) await sleep(20)
    expect(ended).toEqual([expect.objectContaining({ message: expect.stringContaining('has gone') })])
  })

  it('tells a handler that writes nothing meanwhile that its caller has gone', async () => {
    const dir = await folder()
    const seen: string[] = []
    const server = await serveLocalSocket(dir, async (_request, io) => {
      seen.push('asked')
      await once(io.signal, 'abort')
      seen.push('gone')
      return 0
    })
    cleanUp.push(() => server.close())
    const socket = net.connect(path.join(dir, 'engine.sock'))
    socket.write(`${JSON.stringify({ verb: 'verify', argv: [], json: false })}\n`)
    while (seen.length === 0) await sleep(20)
    socket.destroy()
    while (seen.length === 1) await sleep(20)
    expect(seen).toEqual(['asked', 'gone'])
  })

  it('hands on what the caller’s own end throws, such as a full disk', async () => {
    const dir = await folder()
    const server = await serveLocalSocket(dir, async (_request, io) => {
      for (;;) await io.out('line')
    })
    cleanUp.push(() => server.close())
    const full = { ...silent, out: () => expect.unreachable('No space left.') }
    await expect(askEngine(dir, { verb: 'export', argv: [], json: false }, full)).rejects.toThrow('No space left.')
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
