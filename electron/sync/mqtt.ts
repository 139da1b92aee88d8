import mqtt, { type MqttClient } from 'mqtt'
import type { OutboxRow } from '../../shared/domain/outbox.ts'
import { codeOf, DeliveryError, type Batch, type Destination, type Receipt } from './destination.ts'
import { mqttWords } from './mqtt-words.ts'

/** Unacknowledged messages at a time: fills a link of 100 ms round trip at 640 rows/s, and is what a cut sends twice. */
const inFlight = 64
const connectTimeoutMs = 5000
/** A broker that takes messages and acknowledges none for this long is as good as gone. */
const acknowledgeTimeoutMs = 15_000
/** The broker keeps the session over an hour's outage. */
const sessionExpiryS = 3600
/** Bytes of a PUBLISH beyond topic and payload, rounded up: fixed header and the properties below. */
const overheadBytes = 512

/** Reason codes with which a broker refuses this one message for good: packet too large, payload format invalid. */
const poisonCodes = new Set(['149', '153'])

export interface MqttOptions {
  id: string
  url: string
  /** Without the stream, which is added: `millwright/<plantId>`. */
  topic: string
  /** `user:password`, or only a password; null when there is none. */
  secret: () => Promise<string | null>
}

function credentials(secret: string | null): { username?: string; password?: string } {
  if (secret === null || secret === '') return {}
  const colon = secret.indexOf(':')
  return colon === -1
    ? { username: 'millwright', password: secret }
    : { username: secret.slice(0, colon), password: secret.slice(colon + 1) }
}

/**
 * One message a row by MQTT 5 with QoS 1; a row is confirmed by its PUBACK. The identity of the row goes as user
 * properties, since QoS 1 may deliver twice. Every attempt makes a new client: the library's own reconnect resends
 * from a store of its own, and then two places would decide what is sent.
 */
export class MqttDestination implements Destination {
  readonly #options: MqttOptions
  readonly #where: string
  #client: MqttClient | null = null

  constructor(options: MqttOptions) {
    this.#options = options
    this.#where = URL.parse(options.url)?.host ?? options.url
  }

  async deliver(batch: Batch): Promise<Receipt> {
    const client = await this.#connected(batch.installation)
    const progress = new Progress(batch)
    try {
      await this.#send(client, batch, progress)
      return { confirmedSeq: batch.toSeq }
    } catch (error) {
      if (error instanceof DeliveryError && error.poison) throw error
      await this.close()
      throw new DeliveryError(mqttWords(error, this.#where), { confirmedSeq: progress.confirmedSeq, cause: error })
    }
  }

  async close(): Promise<void> {
    const client = this.#client
    this.#client = null
    if (!client) return
    await new Promise<void>((resolve) => {
      // `end` waits for the socket; a half-open one would hold the engine's stop.
      const timer = setTimeout(resolve, 2000)
      client.end(true, {}, () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  async #connected(installation: string): Promise<MqttClient> {
    if (this.#client?.connected) return this.#client
    await this.close()
    const { id, url, secret } = this.#options
    let client: MqttClient
    try {
      client = mqtt.connect(url, {
        protocolVersion: 5,
        // Fixed, since a session that is kept is found by it.
        clientId: `millwright-${installation}-${id}`,
        clean: false,
        properties: { sessionExpiryInterval: sessionExpiryS },
        reconnectPeriod: 0,
        connectTimeout: connectTimeoutMs,
        keepalive: 30,
        ...credentials(await secret()),
      })
    } catch (error) {
      throw new DeliveryError(mqttWords(error, this.#where), { cause: error })
    }
    this.#client = client
    // Without a listener an error between two deliveries would end the process; the next delivery finds the link gone.
    client.on('error', () => undefined)
    try {
      await opened(client)
    } catch (error) {
      await this.close()
      throw new DeliveryError(mqttWords(error, this.#where), { cause: error })
    }
    return client
  }

  /** Publishes in order, at most `inFlight` unacknowledged, and ends with the last acknowledge or the first failure. */
  #send(client: MqttClient, batch: Batch, progress: Progress): Promise<void> {
    const window = Math.min(inFlight, client.serverProperties?.receiveMaximum ?? inFlight)
    const largest = client.serverProperties?.maximumPacketSize ?? Number.POSITIVE_INFINITY
    const topic = `${this.#options.topic}/${batch.stream}`
    return new Promise<void>((resolve, reject) => {
      let next = 0
      let open = 0
      let over = false
      let timer: NodeJS.Timeout | undefined
      const lost = (): void => end(new Error('Connection closed'))
      const end = (error?: Error): void => {
        if (over) return
        over = true
        clearTimeout(timer)
        client.off('close', lost)
        if (error) reject(error)
        else resolve()
      }
      const waitForAcknowledge = (): void => {
        clearTimeout(timer)
        timer = setTimeout(() => end(new Error('acknowledge timeout')), acknowledgeTimeoutMs)
      }
      const refused = (row: OutboxRow, why: string): void => {
        const { confirmedSeq } = progress
        end(new DeliveryError(`Row ${row.seq} of ${batch.stream} ${why}`, { poisonSeq: row.seq, confirmedSeq }))
      }
      const more = (): void => {
        while (open < window) {
          const row = batch.rows[next]
          if (over || !row) return
          if (Buffer.byteLength(row.payload) + Buffer.byteLength(topic) + overheadBytes > largest) {
            // What is before it is confirmed first, so that setting it aside skips nothing.
            if (open === 0) refused(row, `is larger than the ${largest} bytes the broker at ${this.#where} takes.`)
            return
          }
          next++
          open++
          publish(client, topic, batch, row, (error) => {
            if (over) return
            open--
            if (error && poisonCodes.has(codeOf(error))) {
              refused(row, `was refused by the broker at ${this.#where} for good: ${error.message}.`)
              return
            }
            if (error) {
              end(error)
              return
            }
            progress.confirm(row.seq)
            waitForAcknowledge()
            if (open === 0 && next === batch.rows.length) end()
            else more()
          })
        }
      }
      client.on('close', lost)
      waitForAcknowledge()
      if (client.connected) more()
      else lost()
    })
  }
}

/** Acknowledges may come in any order; confirmed is what has no hole before it. */
class Progress {
  confirmedSeq: number
  readonly #ahead = new Set<number>()

  constructor(batch: Batch) {
    this.confirmedSeq = batch.fromSeq - 1
  }

  confirm(seq: number): void {
    this.#ahead.add(seq)
    while (this.#ahead.delete(this.confirmedSeq + 1)) this.confirmedSeq++
  }
}

function opened(client: MqttClient): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error): void => {
      clearTimeout(timer)
      client.off('connect', onConnect)
      client.off('error', done)
      client.off('close', onClose)
      if (error) reject(error)
      else resolve()
    }
    const onConnect = (): void => done()
    // An error that explains the close comes in the same turn or just before it.
    const onClose = (): void => void setImmediate(() => done(new Error('Connection closed')))
    const timer = setTimeout(() => done(new Error('connect timeout')), connectTimeoutMs + 1000)
    client.on('connect', onConnect)
    client.on('error', done)
    client.on('close', onClose)
  })
}

function publish(
  client: MqttClient,
  topic: string,
  batch: Batch,
  row: OutboxRow,
  done: (error?: Error | null) => void,
): void {
  const identity = { installation: batch.installation, epoch: batch.epoch, stream: batch.stream, seq: String(row.seq) }
  client.publish(
    topic,
    row.payload,
    {
      qos: 1,
      properties: {
        payloadFormatIndicator: true,
        contentType: 'application/json',
        userProperties: { ...identity, kind: row.kind, createdUs: String(row.createdUs) },
      },
    },
    (error) => done(error),
  )
}
