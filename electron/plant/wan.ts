import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { dirname, join } from 'node:path'

const markerText = 'millwright simulated plant: the WAN is off; the folder waits beside this file as .offline\n'

/** The plant's way to the outside: a switch that knows the network, and that sync knows nothing of. */
export interface Wan {
  /** Address of the proxy before the broker; null without a broker. */
  brokerUrl: string | null
  on(): boolean
  set(on: boolean): void
  close(): Promise<void>
}

export interface WanOptions {
  /** `mqtt://host:port` of the real broker. */
  broker?: string | undefined
  /** Folder destination standing for the cloud. */
  cloudDir?: string | undefined
}

export async function openWan(options: WanOptions): Promise<Wan> {
  let isOn = true
  const { cloudDir } = options
  if (cloudDir !== undefined) restoreFolder(cloudDir)
  const proxy = options.broker === undefined ? null : await openProxy(options.broker, () => isOn)
  return {
    brokerUrl: proxy?.url ?? null,
    on: () => isOn,
    set(on) {
      if (on === isOn) return
      isOn = on
      if (!on) proxy?.cut()
      if (cloudDir === undefined) return
      if (on) restoreFolder(cloudDir)
      else hideFolder(cloudDir)
    },
    async close() {
      if (cloudDir !== undefined) restoreFolder(cloudDir)
      await proxy?.close()
    },
  }
}

/**
 * Takes the folder away: it is renamed aside and a plain file stands in its place, so that every write below it fails
 * (ENOTDIR), also for root, whom permissions do not stop. Rename first: a crash in between leaves no marker and is
 * put right by `restoreFolder`.
 */
export function hideFolder(dir: string): void {
  const aside = `${dir}.offline`
  if (isDirectory(dir)) {
    if (existsSync(aside)) mergeInto(aside, dir)
    renameSync(dir, aside)
  }
  mkdirSync(dirname(dir), { recursive: true })
  if (!existsSync(dir)) writeFileSync(dir, markerText)
}

/** Puts the folder back, from whatever state a crash left. Never deletes anything but its own marker. */
export function restoreFolder(dir: string): void {
  const aside = `${dir}.offline`
  if (existsSync(dir) && !isDirectory(dir) && readFileSync(dir, 'utf8') === markerText) unlinkSync(dir)
  if (!existsSync(aside)) return
  if (existsSync(dir)) mergeInto(aside, dir)
  else renameSync(aside, dir)
}

/** Moves what is only in `from` into `to`; what both have stays in `from`, so nothing is overwritten or lost. */
function mergeInto(from: string, to: string): void {
  if (!isDirectory(from) || !isDirectory(to)) return
  for (const name of readdirSync(from)) {
    const source = join(from, name)
    const target = join(to, name)
    if (!existsSync(target)) renameSync(source, target)
    else if (isDirectory(source) && isDirectory(target)) mergeInto(source, target)
  }
  if (readdirSync(from).length === 0) rmdirSync(from)
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

interface Proxy {
  url: string
  cut(): void
  close(): Promise<void>
}

/** A TCP proxy on 127.0.0.1; while the WAN is off it resets what is open and every new connection. */
async function openProxy(broker: string, isOn: () => boolean): Promise<Proxy> {
  const target = new URL(broker)
  const open = new Set<Socket>()
  const track = (socket: Socket): void => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  }
  const server = createServer((inner) => {
    track(inner)
    inner.on('error', () => inner.destroy())
    if (!isOn()) {
      inner.resetAndDestroy()
      return
    }
    const outer = connect({ host: target.hostname, port: Number(target.port || 1883) })
    track(outer)
    outer.on('error', () => inner.destroy())
    inner.once('close', () => outer.destroy())
    outer.once('close', () => inner.destroy())
    inner.pipe(outer)
    outer.pipe(inner)
  })
  await listen(server)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the WAN proxy got no TCP port')
  const cut = (): void => {
    for (const socket of open) socket.resetAndDestroy()
  }
  return {
    url: `${target.protocol}//127.0.0.1:${address.port}`,
    cut,
    async close() {
      const closed = new Promise<void>((done) => server.close(() => done()))
      cut()
      await closed
    },
  }
}

function listen(server: Server): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', fail)
    server.listen(0, '127.0.0.1', done)
  })
}
