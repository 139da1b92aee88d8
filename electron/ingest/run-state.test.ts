import { describe, expect, it } from 'vitest'
import { RunStateTracker } from './run-state.ts'

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
