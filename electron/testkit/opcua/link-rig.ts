import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOpcuaConnection } from '../../opcua/connection.ts'
import { PkiStore } from '../../opcua/pki.ts'
import type { OpcuaConnection, OpcuaConnectionOptions, Timings } from '../../opcua/types.ts'
import { plainServer, testPoints } from './plant-parts.ts'
import { RecordingSink, systemClock, until } from './recording-sink.ts'

export interface Link {
  connection: OpcuaConnection
  sink: RecordingSink
}

/** A PKI, and connections of a test with what they need; `close` ends everything that was opened, the latest first. */
export class LinkRig {
  readonly applicationUri = 'urn:millwright:test'
  readonly pki: PkiStore
  readonly folder: string
  readonly #closing: (() => Promise<unknown>)[] = []

  private constructor(folder: string, pki: PkiStore) {
    this.folder = folder
    this.pki = pki
  }

  static async open(): Promise<LinkRig> {
    const folder = await mkdtemp(join(tmpdir(), 'millwright-link-'))
    const pki = await PkiStore.open(join(folder, 'pki'), { applicationUri: 'urn:millwright:test' })
    return new LinkRig(folder, pki)
  }

  /** Stopped at the end of the test. */
  keep<T extends { stop(): Promise<unknown> }>(part: T): T {
    this.#closing.push(() => part.stop())
    return part
  }

  /** A connection to 127.0.0.1 that has been started, with short pauses between its attempts. */
  async connect(
    port: number,
    names: readonly string[],
    change: Partial<Omit<OpcuaConnectionOptions, 'timings'>> & { timings?: Partial<Timings> } = {},
  ): Promise<Link> {
    const sink = new RecordingSink()
    const { timings, ...rest } = change
    const connection = createOpcuaConnection({
      server: plainServer(port),
      points: testPoints(names),
      pki: this.pki,
      secrets: async () => null,
      clock: systemClock,
      sink,
      applicationUri: this.applicationUri,
      ...rest,
      timings: { retryMs: 100, retryMaxMs: 500, ...timings },
    })
    this.keep(connection)
    await connection.start()
    return { connection, sink }
  }

  /** As `connect`, and waits for the link. */
  async live(...to: Parameters<LinkRig['connect']>): Promise<Link> {
    const link = await this.connect(...to)
    await until('connected', () => link.connection.state().phase === 'connected')
    return link
  }

  async endTest(): Promise<void> {
    for (const close of this.#closing.splice(0).reverse()) await close()
  }

  async close(): Promise<void> {
    await this.endTest()
    await this.pki.close()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Runs a fault and waits until the link has been lost and made again. */
export async function throughFault({ connection }: Link, fault: () => unknown): Promise<void> {
  const { reconnects } = connection.state()
  await fault()
  await until(
    'the link is back',
    () => connection.state().reconnects > reconnects && connection.state().phase === 'connected',
  )
}
