import { describe, expect, it, vi } from 'vitest'
import { ProblemList } from './problem-list.ts'

const problem = (id: string, severity: 'info' | 'warning' | 'error', sinceUs: number, message = id) => ({
  id,
  severity,
  message,
  remedy: 'mend it',
  sinceUs,
})

describe('the problem list', () => {
  it('sorts by severity, then age, keeps the first time of a problem, and clears what is mended', () => {
    const changed = vi.fn<() => void>()
    const list = new ProblemList(changed)
    list.raise(problem('a', 'warning', 1))
    list.raise(problem('b', 'error', 5))
    list.raise(problem('c', 'error', 3))
    list.raise(problem('a', 'warning', 9, 'worse'))
    expect(list.list().map((p) => [p.id, p.sinceUs, p.message])).toEqual([
      ['c', 3, 'c'],
      ['b', 5, 'b'],
      ['a', 1, 'worse'],
    ])
    expect(list.list()).toBe(list.list())
    list.raise(problem('a', 'warning', 10, 'worse'))
    expect(changed).toHaveBeenCalledTimes(4)
    list.clearAll('b')
    expect(list.list().map((p) => p.id)).toEqual(['c', 'a'])
  })
})
