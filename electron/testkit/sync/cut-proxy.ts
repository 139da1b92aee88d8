import net from 'node:net'

/** A TCP proxy that can be cut: running connections are destroyed and new ones refused. */
export async function createCutProxy(targetPort: number) {
  const sockets = new Set<net.Socket>()
  let cut = false
  /** Bytes from the server that pass before the line is cut; Infinity for no limit. */
  let downstreamLeft = Number.POSITIVE_INFINITY
  const server = net.createServer((client) => {
    if (cut) {
      client.destroy()
      return
    }
    const upstream = net.connect(targetPort, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(upstream)
    upstream.on('data', (data: Buffer) => {
      if (data.length > downstreamLeft) cutNow()
      else {
        downstreamLeft -= data.length
        client.write(data)
      }
    })
  })
  function cutNow(): void {
    cut = true
    for (const socket of sockets) socket.destroy()
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    isCut: () => cut,
    cut: cutNow,
    mend(bytes = Number.POSITIVE_INFINITY) {
      downstreamLeft = bytes
      cut = false
    },
    async close() {
      cutNow()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
