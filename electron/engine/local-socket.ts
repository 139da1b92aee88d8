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
  verb: z.enum(['status', 'verify', 'export']),
  argv: z.array(z.string()),
  json: z.boolean(),
})
export type SocketRequest = z.infer<typeof requestSchema>

const replySchema = z.discriminatedUnion('t', [
  z.strictObject({ t: z.literal('out'), text: z.string() }),
  z.strictObject({ t: z.literal('err'), text: z.string() }),
  z.strictObject({ t: z.literal('exit'), code: z.int() }),
])

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

export interface RequestIo {
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
  const reply = (message: z.infer<typeof replySchema>): void => void socket.write(`${JSON.stringify(message)}\n`)
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
    void answer(text.slice(0, end), handle, reply).then(() => socket.end())
  })
}

async function answer(
  line: string,
  handle: (request: SocketRequest, io: RequestIo) => Promise<number>,
  reply: (message: z.infer<typeof replySchema>) => void,
): Promise<void> {
  try {
    const request = requestSchema.parse(JSON.parse(line))
    const code = await handle(request, {
      out: (text) => reply({ t: 'out', text }),
      err: (text) => reply({ t: 'err', text }),
    })
    reply({ t: 'exit', code })
  } catch (error) {
    reply({ t: 'err', text: `${error instanceof Error ? error.message : String(error)}\n` })
    reply({ t: 'exit', code: 2 })
  }
}

/** Exit code of the request, or null when no engine runs on this data folder. */
export function askEngine(dataDir: string, request: SocketRequest, io: RequestIo): Promise<number | null> {
  return new Promise((resolve) => {
    const socket = net.connect(address(dataDir))
    let text = ''
    let code: number | null = null
    socket.setEncoding('utf8')
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`))
    socket.on('data', (chunk: string) => {
      text += chunk
      const lines = text.split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) {
        const reply = replySchema.parse(JSON.parse(line))
        if (reply.t === 'out') io.out(reply.text)
        else if (reply.t === 'err') io.err(reply.text)
        else code = reply.code
      }
    })
    socket.on('error', () => resolve(null))
    socket.on('close', () => resolve(code))
  })
}
