import type { WaveformFile } from './waveform-facts.ts'

const FLOAT = 3

/**
 * One channel of IEEE float in the width of the samples: 16-bit PCM would round and need a full scale. The unit and the start
 * stand in the comment (`LIST INFO ICMT`), where other programs show them.
 */
export function encodeWav({ title, samples, sampleRateHz, unit, startUs, rpm }: WaveformFile): Uint8Array {
  const width = samples.BYTES_PER_ELEMENT
  const rate = Math.round(sampleRateHz)
  const facts = {
    unit,
    startUs,
    rpm,
    // The header holds whole hertz only.
    ...(rate === sampleRateHz ? {} : { sampleRateHz }),
  }
  const format = Buffer.alloc(18)
  format.writeUInt16LE(FLOAT, 0)
  format.writeUInt16LE(1, 2)
  format.writeUInt32LE(rate, 4)
  format.writeUInt32LE(rate * width, 8)
  format.writeUInt16LE(width, 12)
  format.writeUInt16LE(8 * width, 14)
  const count = Buffer.alloc(4)
  count.writeUInt32LE(samples.length)
  const data = Buffer.alloc(samples.byteLength)
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  for (const [index, value] of samples.entries()) {
    if (width === 4) view.setFloat32(4 * index, value, true)
    else view.setFloat64(8 * index, value, true)
  }
  const info = Buffer.concat([
    Buffer.from('INFO', 'latin1'),
    chunk('INAM', Buffer.from(`${title}\0`, 'utf8')),
    chunk('ICMT', Buffer.from(`${JSON.stringify(facts)}\0`, 'utf8')),
  ])
  const body = Buffer.concat([
    Buffer.from('WAVE', 'latin1'),
    chunk('fmt ', format),
    chunk('fact', count),
    chunk('LIST', info),
    chunk('data', data),
  ])
  return chunk('RIFF', body)
}

function chunk(name: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.write(name, 0, 'latin1')
  head.writeUInt32LE(body.length, 4)
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)])
}
