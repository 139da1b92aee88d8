import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findMosquitto } from '../../scripts/lib/mosquitto.mjs'

export interface Mosquitto {
  port: number
  /** `mqtt://127.0.0.1:port` */
  url: string
  /** What the broker has logged so far. */
  log: () => string
  stop: () => Promise<void>
}

/** Why tests with a broker cannot run here, or undefined when they can. */
export function mosquittoMissing(): string | undefined {
  return findMosquitto() ? undefined : 'Mosquitto is not set up (npm run setup)'
}

/** A port that was free a moment ago. Another process may take it; starting tries again then. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('The system gave no port.')
  return address.port
}

async function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/**
 * Starts a real broker on a loopback port of its own: MQTT 5, anonymous, nothing on disk but its configuration. With
 * `port` it starts on that one, to bring a stopped broker back where its clients look for it.
 */
export async function startMosquitto(options: { port?: number } = {}): Promise<Mosquitto> {
  const found = findMosquitto()
  if (!found) throw new Error('Mosquitto is not set up. Run: npm run setup')
  let last = ''
  for (let attempt = 0; attempt < 5; attempt++) {
    const port = options.port ?? (await freePort())
    const folder = mkdtempSync(join(tmpdir(), 'millwright-mosquitto-'))
    const config = join(folder, 'mosquitto.conf')
    const lines = [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous true',
      'persistence false',
      'log_dest stderr',
      'log_type all',
      // As root it would become the user "mosquitto", which only an installed package creates.
      `user ${userInfo().username}`,
    ]
    writeFileSync(config, `${lines.join('\n')}\n`)
    const env = found.libraryPath === undefined ? process.env : { ...process.env, LD_LIBRARY_PATH: found.libraryPath }
    const child = spawn(found.executable, ['-c', config], { env, stdio: ['ignore', 'ignore', 'pipe'] })
    let log = ''
    child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
    child.once('error', (error) => (log += error.message))
    const stop = async (): Promise<void> => {
      child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    }
    if (await becomesReady(child, port)) return { port, url: `mqtt://127.0.0.1:${port}`, log: () => log, stop }
    last = log
    await stop()
  }
  throw new Error(`Mosquitto did not start: ${last.trim()}`)
}

async function becomesReady(child: ChildProcess, port: number): Promise<boolean> {
  for (let i = 0; i < 200; i++) {
    if (child.exitCode !== null || child.signalCode !== null) return false
    if (await answers(port)) return child.exitCode === null
    await sleep(50)
  }
  return false
}
