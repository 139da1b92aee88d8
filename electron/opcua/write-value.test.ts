import fc from 'fast-check'
import { DataType, Variant, VariantArrayType } from 'node-opcua-client'
import { describe, expect, it } from 'vitest'
import { parseForType, textOfVariant } from './write-value.ts'

const { Boolean: Switch, SByte, Byte, Int16, UInt16, Int32, UInt32, Int64, UInt64, Float, Double } = DataType

describe('a typed value', () => {
  it.each([
    ['12', Int16, 12],
    [' -32768 ', Int16, -32768],
    ['1e3', UInt16, 1000],
    ['12.0', Byte, 12],
    ['-0', Int32, 0],
    ['0.1', Float, Math.fround(0.1)],
    ['16777216', Float, 16_777_216],
    ['0.1', Double, 0.1],
    ['1e-7', Double, 1e-7],
    ['-0', Double, 0],
    ['9007199254740993', Int64, [0x20_0000, 1]],
    ['-1', Int64, [0xffff_ffff, 0xffff_ffff]],
    ['18446744073709551615', UInt64, [0xffff_ffff, 0xffff_ffff]],
    ['true', Switch, true],
    ['0', Switch, false],
  ])('%j becomes %s %j exactly', (typed, type, value) => {
    expect(parseForType(typed, type).value).toStrictEqual(value)
  })

  it.each([
    ['12.5', Int16, 'lose its fraction'],
    ['1e-1', UInt32, 'lose its fraction'],
    ['32768', Int16, 'from -32768 to 32767'],
    ['-129', SByte, 'does not fit'],
    ['-1', UInt64, 'does not fit'],
    ['18446744073709551616', UInt64, 'does not fit'],
    ['9223372036854775808', Int64, 'does not fit'],
    ['16777217', Float, 'nearest it can hold is 16777216'],
    ['0.123456789', Float, 'nearest it can hold is 0.12345679'],
    ['1e39', Float, 'too large'],
    ['1e309', Double, 'too large'],
    ['1e-400', Double, 'nearest it can hold is 0'],
    ['9007199254740993', Double, 'nearest it can hold is 9007199254740992'],
    ['0.1000000000000000055', Double, 'nearest it can hold is 0.1'],
    ['1,5', Double, 'not a number'],
    ['', Double, 'not a number'],
    ['NaN', Double, 'not a number'],
    ['Infinity', Float, 'not a number'],
    ['0x10', Int16, 'not a number'],
    ['yes', Switch, 'no switch position'],
    ['1', DataType.String, 'only numbers and switches'],
  ])('%j is refused for %s rather than changed', (typed, type, words) => {
    expect(() => parseForType(typed, type)).toThrow(words)
  })

  it('reads back as the text it was written with, for every value of every type', () => {
    const back = (type: DataType, text: string): string | null => {
      const { dataType, value } = parseForType(text, type)
      return textOfVariant(new Variant({ dataType, value, arrayType: VariantArrayType.Scalar }))
    }
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = String(value === 0 ? 0 : value)
        expect(back(Double, text)).toBe(text)
      }),
    )
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(back(Int64, String(value))).toBe(String(value))
      }),
    )
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        expect(back(UInt64, String(value))).toBe(String(value))
      }),
    )
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const shown = textOfVariant(new Variant({ dataType: Float, value })) ?? ''
        expect(parseForType(shown, Float).value).toBe(value === 0 ? 0 : value)
      }),
    )
  })
})
