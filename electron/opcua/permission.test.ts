import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { ReverseDialler } from '../testkit/opcua/reverse-dialler.ts'
import { startTestServer } from '../testkit/opcua/test-server.ts'

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

test('under the real permission flags the PKI is made, SignAndEncrypt connects, a server may call, and stop leaves nothing open', async () => {
  const root = await realpath(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))
  const data = await realpath(await mkdtemp(join(tmpdir(), 'millwright-permission-')))
  closing.push(() => rm(data, { recursive: true, force: true }))
  const server = await startTestServer({ security: 'Basic256Sha256', counters: 1 })
  closing.push(() => server.stop())
  const child = spawn(
    process.execPath,
    [
      '--permission',
      '--allow-addons',
      '--allow-worker',
      `--allow-fs-read=${root}`,
      `--allow-fs-read=${data}`,
      `--allow-fs-write=${data}`,
      join(root, 'electron/testkit/opcua/connect-child.ts'),
      data,
      String(server.port),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], cwd: root },
  )
  closing.push(async () => void child.kill('SIGKILL'))
  let dialler: ReverseDialler | null = null
  closing.push(async () => dialler?.stop())
  let said = ''
  let failed = ''
  child.stdout.on('data', (part: Buffer) => {
    said += part.toString()
    const listenPort = Number(/^listening (\d+)$/m.exec(said)?.[1] ?? 0)
    if (listenPort === 0 || dialler) return
    const serverUri = 'urn:millwright:test-server'
    dialler = ReverseDialler.start({ listenPort, serverPort: server.port, serverUri })
  })
  child.stderr.on('data', (part: Buffer) => (failed += part.toString()))
  // No process.exit in the child: a timer or socket left behind would hang it, and this test with it.
  const [code] = await once(child, 'exit')
  expect(said, failed).toMatch(
    /^own urn:millwright:permission-test\noffered SignAndEncrypt\nrefused [0-9a-f]{40}\nconnected SignAndEncrypt, Basic256Sha256\nlistening \d+\ncalled\nstopped\n$/,
  )
  expect(code, failed).toBe(0)
})
