import { describe, expect, it } from 'vitest'
import { refused, type Held } from './topic.ts'

const question = { serverId: 'north' }
const known: Held<'catalogue.bearings'> = { of: question, asked: '0 a', value: { names: ['6205'] }, failure: null }
const busy = new Error('The engine is busy.')

describe('an answer that is asked for again and refused', () => {
  it('keeps what was known, and says why there is nothing newer', () => {
    const after = refused(known, { of: question, asked: '1 a' }, busy)
    expect(after.value).toEqual({ names: ['6205'] })
    expect(after.failure?.message).toBe('The engine is busy.')
    expect(after.asked).toBe('1 a')
  })

  it('has nothing to keep for another question', () => {
    expect(refused(known, { of: { serverId: 'south' }, asked: '0 a' }, busy).value).toBeNull()
  })
})
