import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hideFolder, openWan, restoreFolder } from './wan.ts'

let root = ''
let cloud = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'wan-'))
  cloud = join(root, 'cloud')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const put = (name: string, text: string): void => {
  mkdirSync(cloud, { recursive: true })
  writeFileSync(join(cloud, name), text)
}

describe('WAN switch before a folder', () => {
  it('makes every write fail, also for root, and gives the folder back with what was in it', async () => {
    put('a', '1')
    const wan = await openWan({ cloudDir: cloud })
    wan.set(false)
    expect(wan.on()).toBe(false)
    expect(() => writeFileSync(join(cloud, 'b'), '2')).toThrow(/ENOTDIR/)
    expect(() => mkdirSync(join(cloud, 'x'), { recursive: true })).toThrow(/ENOTDIR|EEXIST/)
    wan.set(true)
    expect(readFileSync(join(cloud, 'a'), 'utf8')).toBe('1')
    expect(existsSync(`${cloud}.offline`)).toBe(false)
    await wan.close()
  })

  it('works where the folder does not exist yet', async () => {
    const wan = await openWan({ cloudDir: cloud })
    wan.set(false)
    expect(() => mkdirSync(join(cloud, 'x'), { recursive: true })).toThrow(/ENOTDIR|EEXIST/)
    wan.set(true)
    put('a', '1')
    expect(readFileSync(join(cloud, 'a'), 'utf8')).toBe('1')
    await wan.close()
  })

  it('puts the folder back when it is closed while off', async () => {
    put('a', '1')
    const wan = await openWan({ cloudDir: cloud })
    wan.set(false)
    await wan.close()
    expect(readFileSync(join(cloud, 'a'), 'utf8')).toBe('1')
  })

  it('recovers from a crash at any step', async () => {
    put('a', '1')
    hideFolder(cloud)
    await (await openWan({ cloudDir: cloud })).close()
    expect(readFileSync(join(cloud, 'a'), 'utf8')).toBe('1')
    // Between the rename and the marker:
    hideFolder(cloud)
    rmSync(cloud)
    restoreFolder(cloud)
    expect(readFileSync(join(cloud, 'a'), 'utf8')).toBe('1')
    // The folder was made anew meanwhile: both sides survive, nothing is overwritten.
    hideFolder(cloud)
    rmSync(cloud)
    put('a', 'newer')
    put('b', '2')
    restoreFolder(cloud)
    expect(readFileSync(join(cloud, 'a'), 'utf8')).toBe('newer')
    expect(readFileSync(join(`${cloud}.offline`, 'a'), 'utf8')).toBe('1')
  })

  it('never removes a file that is not its own marker', () => {
    writeFileSync(cloud, 'somebody else')
    restoreFolder(cloud)
    expect(readFileSync(cloud, 'utf8')).toBe('somebody else')
  })
})

describe('WAN switch before a broker', () => {
  let broker: Server
  let port = 0
  beforeEach(async () => {
    broker = createServer((socket) => socket.on('data', (data) => socket.write(data)).on('error', () => undefined))
    await new Promise<void>((done) => broker.listen(0, '127.0.0.1', done))
    port = (broker.address() as AddressInfo).port
  })
  afterEach(() => new Promise((done) => broker.close(done)))

  const dial = (url: string): Promise<Socket> =>
    new Promise((done, fail) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1', () => done(socket))
      socket.on('error', fail)
    })
  const echo = (socket: Socket, text: string): Promise<string> =>
    new Promise((done, fail) => {
      socket.once('data', (data) => done(data.toString()))
      socket.once('close', () => fail(new Error('closed')))
      socket.on('error', () => undefined)
      socket.write(text)
    })

  it('passes bytes while on, cuts what is open and every new connection while off, and passes again', async () => {
    const wan = await openWan({ broker: `mqtt://127.0.0.1:${port}` })
    const url = wan.brokerUrl ?? ''
    expect(url).toMatch(/^mqtt:\/\/127\.0\.0\.1:\d+$/)
    const first = await dial(url)
    expect(await echo(first, 'hello')).toBe('hello')
    const cut = new Promise((done) => first.once('close', done))
    wan.set(false)
    await cut
    await expect(dial(url).then((socket) => echo(socket, 'x'))).rejects.toThrow()
    wan.set(true)
    const again = await dial(url)
    expect(await echo(again, 'back')).toBe('back')
    await wan.close()
  })
})
