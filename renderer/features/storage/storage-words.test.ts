import { describe, expect, it } from 'vitest'
import { dayUs } from '../../../shared/domain/plant-captures.ts'
import { daysWords, shareOf } from './storage-words.ts'

describe('the words of storage', () => {
  it('name a cap as people would', () => {
    expect([35, 730, 1095, 3650, 400, 1, 0.5].map((days) => daysWords(days * dayUs))).toEqual([
      '35 days',
      '2 years',
      '3 years',
      '10 years',
      '400 days',
      '1 day',
      '0.5 days',
    ])
    expect(shareOf(5, 0)).toBe(0)
  })
})
