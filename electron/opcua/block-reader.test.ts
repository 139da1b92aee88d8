import { DataType, Variant, VariantArrayType } from 'node-opcua'
import fc from 'fast-check'
import { BinaryStream } from 'node-opcua-binary-stream'
import { describe, expect, test } from 'vitest'
import type { Contract } from '../../shared/domain/plant-file.ts'
import { BlockReader } from './block-reader.ts'
import { packingOf, unpackSamples } from './sample-packing.ts'
import { placesIn, type StructureLayout } from './structure-layout.ts'
import { testContract } from '../testkit/opcua/plant-parts.ts'

const packing = (given: Contract['packing']) => packingOf(testContract({ packing: given }))

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

describe('packed samples', () => {
  test('float32 comes out bit by bit, NaN payloads and -0 included', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 400 }), fc.nat(7), (raw, headerBytes) => {
        const whole = raw.subarray(0, raw.length - (raw.length % 4))
        // At an odd place of a larger buffer, as in a message.
        const message = Uint8Array.from([1, 2, 3, ...Array<number>(headerBytes).fill(9), ...whole])
        const found = unpackSamples(
          viewOf(message),
          3,
          headerBytes + whole.length,
          packing({ type: 'float32', headerBytes }),
        )
        expect(found && new Uint8Array(found.buffer)).toEqual(whole)
      }),
    )
  })

  test('every type in both orders, scaled into the unit', () => {
    const bytes = new Uint8Array(16)
    const view = viewOf(bytes)
    view.setInt16(0, -300, false)
    view.setInt16(2, 300, false)
    expect([...(unpackSamples(view, 0, 4, packing({ type: 'int16', byteOrder: 'big' })) ?? [])]).toEqual([-300, 300])
    expect([
      ...(unpackSamples(view, 0, 4, packing({ type: 'int16', byteOrder: 'big', scale: 0.01, offset: 1 })) ?? []),
    ]).toEqual([-2, 4].map(Math.fround))
    view.setInt32(4, -70_000, true)
    expect([...(unpackSamples(view, 4, 4, packing({ type: 'int32' })) ?? [])]).toEqual([-70_000])
    view.setInt32(4, 2 ** 31 - 1, true)
    expect([...(unpackSamples(view, 4, 4, packing({ type: 'int32' })) ?? [])]).toEqual([2 ** 31 - 1])
    view.setFloat64(8, 0.1, true)
    expect([...(unpackSamples(view, 8, 8, packing({ type: 'float64' })) ?? [])]).toEqual([0.1])
    expect([...(unpackSamples(view, 0, 2, packing({ type: 'uint16', byteOrder: 'big' })) ?? [])]).toEqual([65_236])
    expect([...(unpackSamples(view, 0, 2, packing({ type: 'int8' })) ?? [])]).toEqual([-2, -44])
  })

  test('bytes that are no whole number of samples, and none at all, are refused', () => {
    const view = viewOf(new Uint8Array(10))
    expect(unpackSamples(view, 0, 7, packing({ type: 'int16' }))).toBeNull()
    expect(unpackSamples(view, 0, 4, packing({ type: 'int16', headerBytes: 4 }))).toBeNull()
    expect(unpackSamples(view, 0, 4, packing(undefined))).toBeNull()
  })
})

describe('structures of a server', () => {
  const field = (name: string, builtIn: number, isArray = false, optionalBit = -1) => ({
    name,
    builtIn,
    isArray,
    optionalBit,
  })
  const layout: StructureLayout = {
    encoding: 'ns=2;i=5001',
    hasMask: true,
    fields: [
      field('unit', 21),
      field('comment', 12, false, 0),
      field('tags', 12, true),
      field('rate', 11, false, 1),
      field('start', 13),
      field('samples', 4, true),
    ],
    samples: 5,
    rate: 3,
    start: 4,
  }

  function body(withOptional: boolean): Buffer {
    const encoded = (variant: Variant): Buffer => {
      const size = variant.binaryStoreSize()
      const stream = { buffer: Buffer.alloc(size) }
      const out = new BinaryStream(stream.buffer)
      variant.encode(out)
      // Without the Variant's own byte: the value as a field has it.
      return stream.buffer.subarray(1)
    }
    const mask = Buffer.alloc(4)
    mask.writeUInt32LE(withOptional ? 3 : 0)
    const one = (dataType: DataType, value: unknown) => encoded(new Variant({ dataType, value }))
    const list = (dataType: DataType, value: unknown) =>
      encoded(new Variant({ dataType, value, arrayType: VariantArrayType.Array }))
    return Buffer.concat([
      mask,
      one(DataType.LocalizedText, { text: 'g', locale: 'en' }),
      ...(withOptional ? [one(DataType.String, 'as found')] : []),
      list(DataType.String, ['a', 'bc']),
      ...(withOptional ? [one(DataType.Double, 12_800)] : []),
      one(DataType.DateTime, new Date('2026-03-01T10:00:00.123Z')),
      list(DataType.Int16, Int16Array.of(-32_768, 0, 32_767)),
    ])
  }

  function wrapped(content: Buffer, typeId = 5_001): DataView {
    const head = Buffer.alloc(9)
    head.writeUInt8(1, 0)
    head.writeUInt8(2, 1)
    head.writeUInt16LE(typeId, 2)
    head.writeUInt8(1, 4)
    head.writeInt32LE(content.length, 5)
    return viewOf(Buffer.concat([head, content]))
  }

  test.each([true, false])('samples, rate and start wherever they stand; optional fields %s', (withOptional) => {
    const reader = new BlockReader()
    const view = wrapped(body(withOptional))
    expect(reader.structure(view, 0, { packing: packing({}), layout })).toBe(view.byteLength)
    expect(reader.found).toBe('')
    expect([...(reader.samples ?? [])]).toEqual([-32_768, 0, 32_767])
    expect(reader.startUs).toBe(Date.parse('2026-03-01T10:00:00.123Z') * 1_000)
    expect(reader.sampleRateHz).toBe(withOptional ? 12_800 : Number.NaN)
  })

  test('another type, a cut body and an undescribed one are named, and the message goes on', () => {
    const read = (view: DataView, form: StructureLayout | string | null): string => {
      const reader = new BlockReader()
      expect(reader.structure(view, 0, { packing: packing({}), layout: form })).toBe(view.byteLength)
      expect(reader.samples).toBeNull()
      return reader.found
    }
    expect(read(wrapped(body(true), 5_002), layout)).toBe('a structure of another type (ns=2;i=5002)')
    expect(read(wrapped(body(true).subarray(0, 30)), layout)).toMatch(/does not fit its description/)
    expect(read(wrapped(body(true)), 'the server does not describe the structure')).toMatch(/cannot be read/)
    expect(read(wrapped(body(true)), null)).toBe('a structure')
    const far = { ...layout, fields: layout.fields.map((one) => ({ ...one, optionalBit: -1 })) }
    expect(() => placesIn(wrapped(body(false)), 9, 20, { ...far, hasMask: false })).toThrow(RangeError)
  })
})
