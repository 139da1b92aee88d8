import { expect, test } from 'vitest'
import { factWords, shortened } from './fact-words.ts'

test('facts of the trail read as words, with short hashes and short numbers', () => {
  expect(factWords({ before: null, after: { failures: 1, lockedS: 0 } })).toBe('failed tries 1, locked for seconds 0')
  expect(factWords({ before: 1772.6645331186276, after: { value: 1500, dataType: 'Double' } })).toBe(
    '1772.66 → value 1500, type Double',
  )
  expect(factWords({ before: { x: ['a', 'b'], y: null }, after: null })).toBe('x a, b → nothing')
  expect(shortened('0'.repeat(64))).toBe('0'.repeat(12))
})
