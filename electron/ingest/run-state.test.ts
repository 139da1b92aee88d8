import { describe, expect, it } from 'vitest'
import { RunAgreement, RunStateTracker } from './run-state.ts'

describe('run state', () => {
  it('needs the quorum of evidences and keeps its answer between the limits', () => {
    const tracker = new RunStateTracker(
      [
        { runningAbove: 300, stoppedBelow: 100 },
        { runningAbove: 5, stoppedBelow: 1 },
      ],
      2,
      1500,
    )
    expect(tracker.state(0)).toBe('unknown')
    tracker.vote(0, 1480, true)
    expect(tracker.state(0)).toBe('unknown')
    tracker.vote(1, 12, true)
    expect(tracker.state(0)).toBe('running')
    tracker.vote(0, 200, true)
    expect(tracker.state(0)).toBe('running')
    tracker.vote(0, 20, true)
    expect(tracker.state(0)).toBe('unknown')
    tracker.vote(1, 0, true)
    expect(tracker.state(0)).toBe('not-running')
    tracker.vote(1, 12, false)
    expect(tracker.state(0)).toBe('unknown')
  })

  it('calls a ramp transient and calms down two seconds after it', () => {
    const tracker = new RunStateTracker([{ runningAbove: 150, stoppedBelow: 75 }], 1, 1500)
    for (let s = 0; s <= 5; s++) {
      tracker.vote(0, 1500 - 150 * s, true)
      tracker.speed(1500 - 150 * s, s * 1e6)
    }
    expect(tracker.state(5e6)).toBe('transient')
    for (let s = 6; s <= 9; s++) tracker.speed(750, s * 1e6)
    expect(tracker.state(9e6)).toBe('running')
  })

  it('is not fooled by noise on a fast speed reading', () => {
    const tracker = new RunStateTracker([{ runningAbove: 150, stoppedBelow: 75 }], 1, 1500)
    tracker.vote(0, 1500, true)
    for (let i = 0; i < 100; i++) tracker.speed(1500 + (i % 2 === 0 ? 15 : -15), i * 1e5)
    expect(tracker.state(1e7)).toBe('running')
  })
})

describe('whether the evidences of a machine agree', () => {
  const minute = 60_000
  /** Votes by the minute; what is told after each. */
  const follow = (...votes: readonly (boolean | null)[][]): (number[] | null)[] => {
    const agreement = new RunAgreement()
    return votes.map((each, i) => {
      agreement.look(each, i * minute, i * minute * 1000)
      return agreement.disagreement?.dissenters ?? null
    })
  }
  const [agree, apart] = [
    [true, true, true],
    [true, true, false],
  ]

  it('is told after two minutes, with the one that stands alone and since when', () => {
    expect(follow(agree, apart, apart, apart, apart)).toEqual([null, null, null, [2], [2]])
    const agreement = new RunAgreement()
    for (let i = 0; i < 5; i++) agreement.look(apart, i * minute, 7e6 + i * minute * 1000)
    expect(agreement.disagreement?.sinceUs).toBe(7e6)
  })

  it('names all that say something where none has the majority', () => {
    const split = [true, null, false]
    expect(follow(split, split, split)).toEqual([null, null, [0, 2]])
  })

  it('does not take a coast-down for it', () => {
    expect(follow(agree, apart, [false, false, false], apart, agree)).toEqual([null, null, null, null, null])
  })

  it('is cleared when they agree for ten seconds, not when they meet for a moment', () => {
    const agreement = new RunAgreement()
    const at = (s: number, votes: readonly (boolean | null)[]): boolean => {
      agreement.look(votes, s * 1000, s * 1e6)
      return agreement.disagreement !== null
    }
    at(0, apart)
    expect(at(120, apart)).toBe(true)
    expect(at(121, agree)).toBe(true)
    expect(at(125, apart)).toBe(true)
    expect(at(130, agree)).toBe(true)
    expect(at(139, agree)).toBe(true)
    expect(at(140, agree)).toBe(false)
    expect(at(141, apart)).toBe(false)
  })

  it('says nothing of one evidence, and takes nothing back when the others fall silent', () => {
    expect(follow([true, null, null], [null, null, null], [false, null, null], [true, null, null])).toEqual([
      null,
      null,
      null,
      null,
    ])
    expect(follow(apart, apart, apart, [true, null, null], [true, null, null])).toEqual([null, null, [2], [2], [2]])
  })
})
