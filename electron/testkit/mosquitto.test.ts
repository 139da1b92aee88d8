import { connectAsync } from 'mqtt'
import { expect, test } from 'vitest'
import { mosquittoMissing, startMosquitto } from './mosquitto.ts'

const why = mosquittoMissing()

test.skipIf(why !== undefined)(
  `a real broker starts on its own port, speaks MQTT 5, and comes back where it was${why ? ` (${why})` : ''}`,
  async () => {
    const first = await startMosquitto()
    try {
      const client = await connectAsync(first.url, { protocolVersion: 5, reconnectPeriod: 0 })
      await client.subscribeAsync('t', { qos: 1 })
      const arrived = new Promise<[string, string]>((resolve) => {
        client.once('message', (topic, payload) => resolve([topic, payload.toString()]))
      })
      await client.publishAsync('t', 'hello', { qos: 1, properties: { userProperties: { seq: '1' } } })
      expect(await arrived).toEqual(['t', 'hello'])
      await client.endAsync()
    } finally {
      await first.stop()
    }
    const second = await startMosquitto({ port: first.port })
    try {
      expect(second.url).toBe(first.url)
      await (await connectAsync(second.url, { protocolVersion: 5, reconnectPeriod: 0 })).endAsync()
    } finally {
      await second.stop()
    }
  },
)
