import mqtt, { type MqttClient } from 'mqtt'
import { isStream, type DeliveredRow } from './delivered.ts'

/** A subscriber of its own at the broker: everything published under `millwright/`, in order of arrival. */
export class BrokerReader {
  readonly rows: DeliveredRow[] = []
  /** Messages that are not what a destination delivers. */
  readonly strange: string[] = []
  readonly #client: MqttClient

  private constructor(client: MqttClient) {
    this.#client = client
    client.on('message', (topic, payload, packet) => {
      const facts = packet.properties?.userProperties ?? {}
      const text = (name: string): string => String(facts[name] ?? '')
      const stream = text('stream')
      if (!isStream(stream) || !topic.endsWith(`/${stream}`)) {
        this.strange.push(`${topic} ${JSON.stringify(facts)}`)
        return
      }
      this.rows.push({
        installation: text('installation'),
        epoch: text('epoch'),
        stream,
        seq: Number(text('seq')),
        kind: text('kind'),
        createdUs: Number(text('createdUs')),
        payload: payload.toString('utf8'),
      })
    })
  }

  /** Resolves when the broker has granted the subscription: nothing published from then on is missed. */
  static async open(url: string): Promise<BrokerReader> {
    const client = await mqtt.connectAsync(url, { protocolVersion: 5, clientId: 'test-reader', reconnectPeriod: 0 })
    const reader = new BrokerReader(client)
    await client.subscribeAsync('millwright/#', { qos: 1 })
    return reader
  }

  kinds(): string[] {
    return this.rows.map(({ kind }) => kind)
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true)
  }
}
