import { createHash } from 'node:crypto'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { z } from 'zod'

/**
 * The running engine's local door: a Unix socket in the data folder (owner-only), or a named pipe on Windows; never TCP.
 * A verb that has no key asks here. One JSON line in, JSON lines out.
 */
const requestSchema = z.strictObject({
  verb: z.enum(['status', 'verify', 'export', 'doctor', 'backup', 'audit', 'account', 'report']),
  argv: z.array(z.string()),
  json: z.boolean(),
})
export type SocketRequest = z.infer<typeof requestSchema>

const replySchema = z.discriminatedUnion('t', [
  z.strictObject({ t: z.literal('out'), text: z.string() }),
  z.strictObject({ t: z.literal('err'), text: z.string() }),
  z.strictObject({ t: z.literal('exit'), code: z.int() }),
])
type Reply = z.infer<typeof replySchema>

/** Largest request line: a verb's arguments, nothing more. */
const requestBytes = 64 * 1024

/**
 * Unix socket paths end at 108 bytes, and data folders may lie deep, so both ends go there by a path relative to the
 * data folder. Windows' pipes have one flat name space, so the folder is hashed.
 */
function address(dataDir: string): string {
  if (process.platform === 'win32')
    return `\\\\.\\pipe\\millwright-${createHash('sha256').update(path.resolve(dataDir).toLowerCase()).digest('hex').slice(0, 32)}`
  const absolute = path.join(path.resolve(dataDir), 'engine.sock')
  const relative = path.relative(process.cwd(), absolute)
  return relative.length < absolute.length ? relative : absolute
}

/** The engine's end: the promise says when the caller has taken it, and rejects when the caller has gone. */
export interface RequestIo {
  out(text: string): Promise<void>
  err(text: string): Promise<void>
  /** Aborted when the caller has gone. */
  signal: AbortSignal
}

/** The caller's end. */
export interface AnswerIo {
  out(text: string): void
  err(text: string): void
}

/** Serves requests until closed. A stale socket file of a killed engine is replaced. */
export async function serveLocalSocket(
  dataDir: string,
  handle: (request: SocketRequest, io: RequestIo) => Promise<number>,
): Promise<{ close(): Promise<void> }> {
  const where = address(dataDir)
  if (process.platform !== 'win32') fs.rmSync(where, { force: true })
  const server = net.createServer((socket) => serveOne(socket, handle))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, resolve)
  })
  if (process.platform !== 'win32') fs.chmodSync(where, 0o600)
  return {
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function serveOne(socket: net.Socket, handle: (request: SocketRequest, io: RequestIo) => Promise<number>): void {
  let text = ''
  const gone = new AbortController()
  socket.on('close', () => gone.abort())
  const reply = (message: Reply): Promise<void> => {
    const sent = send(socket, `${JSON.stringify(message)}\n`)
    // A handler that does not wait for it must not end the engine when its caller goes.
    sent.catch(() => {})
    return sent
  }
  socket.setEncoding('utf8')
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: string) => {
    text += chunk
    const end = text.indexOf('\n')
    if (end < 0) {
      if (text.length > requestBytes) socket.destroy()
      return
    }
    socket.removeAllListeners('data')
    void answer(text.slice(0, end), handle, reply, gone.signal).then(() => socket.end())
  })
}

async function answer(
  line: string,
  handle: (request: SocketRequest, io: RequestIo) => Promise<number>,
  reply: (message: Reply) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  try {
    const request = requestSchema.parse(JSON.parse(line))
    const code = await handle(request, {
      out: (text) => reply({ t: 'out', text }),
      err: (text) => reply({ t: 'err', text }),
      signal,
    })
    await reply({ t: 'exit', code })
  } catch (error) {
    if (error instanceof CallerGone) return
    const text = `${error instanceof Error ? error.message : String(error)}\n`
    await reply({ t: 'err', text })
      .then(() => reply({ t: 'exit', code: 2 }))
      .catch(() => {})
  }
}

/** Nobody is left to tell. */
class CallerGone extends Error {
  override name = 'CallerGone'
}

/** Resolves when the socket wants more: an export of years waits for a slow caller instead of filling the engine's memory. */
async function send(socket: net.Socket, line: string): Promise<void> {
  if (!socket.destroyed && socket.write(line)) return
  if (socket.destroyed) throw new CallerGone('The caller has gone.')
  await new Promise<void>((resolve, reject) => {
    const gone = (): void => reject(new CallerGone('The caller has gone.'))
    socket.once('close', gone)
    socket.once('drain', () => {
      socket.off('close', gone)
      resolve()
    })
  })
}

/** Exit code of the request, or null when no engine runs on this data folder. */
export function askEngine(dataDir: string, request: SocketRequest, io: AnswerIo): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(address(dataDir))
    let text = ''
    let code: number | null = null
    socket.setEncoding('utf8')
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`))
    const take = (line: string): void => {
      const reply = replySchema.parse(JSON.parse(line))
      if (reply.t === 'out') io.out(reply.text)
      else if (reply.t === 'err') io.err(reply.text)
      else code = reply.code
    }
    socket.on('data', (chunk: string) => {
      text += chunk
      // A line may be megabytes: what came before this piece has been searched.
      if (!chunk.includes('\n')) return
      const lines = text.split('\n')
      text = lines.pop() ?? ''
      try {
        for (const line of lines) take(line)
      } catch (error) {
        // A full disk at this end: the caller's own error, and no reason to read on.
        reject(error)
        socket.destroy()
      }
    })
    socket.on('error', () => resolve(null))
    socket.on('close', () => resolve(code))
  })
}
