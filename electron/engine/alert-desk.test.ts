import { describe, expect, it } from 'vitest'
import type { AlertRule } from '../../shared/domain/alert.ts'
import type { AlertCommit } from '../../shared/domain/twin.ts'
import { plainContract } from '../../shared/testkit/alert-contract.ts'
import { RequestError } from '../live/window-session.ts'
import { AlertDesk } from './alert-desk.ts'

const anna = { name: 'anna', role: 'operator' } as const
const ben = { name: 'ben', role: 'maintenance-lead' } as const

function rule(id = 'p.rms-high'): AlertRule {
  return {
    id,
    pointId: 'p',
    assetId: 'a',
    feature: 'rms',
    limits: { warning: 2, alarm: 4 },
    deadband: 0.1,
    onDelayMs: 0,
    offDelayMs: 0,
    contract: plainContract,
    configHash: 'h',
  }
}

function setUp(failures = 0) {
  const commits: AlertCommit[] = []
  const told: AlertCommit[] = []
  const stuck: (string | null)[] = []
  let left = failures
  const desk: AlertDesk = new AlertDesk({
    commit: (commit) => {
      if (left-- > 0) return Promise.reject(new Error('disk full'))
      commits.push(commit)
      return Promise.resolve()
    },
    find: () => Promise.resolve(null),
    nowUs: () => 1e9,
    told: (commit) => told.push(commit),
    stuck: (message) => stuck.push(message),
  })
  return { desk, commits, told, stuck }
}

const sample = (value: number, tUs: number) => ({ value, tUs, quality: 'good' as const })

describe('the alert desk', () => {
  it('shows the highest value so far, although only the next step stores it', async () => {
    const { desk, commits } = setUp()
    desk.judge(rule(), sample(5, 1e6), false, 1e9)
    await desk.settled()
    desk.judge(rule(), sample(9, 2e6), false, 1e9)
    desk.judge(rule(), sample(6, 3e6), false, 1e9)
    expect(desk.open()).toMatchObject([{ value: 5, peakValue: 9 }])
    expect(commits).toHaveLength(1)
  })

  it('shows an alert only when the twin has it, and walks it from raised to closed', async () => {
    const { desk, commits, told } = setUp()
    desk.judge(rule(), sample(5, 1e6), false, 1e9)
    expect(desk.open()).toEqual([])
    await desk.settled()
    expect(desk.open()).toMatchObject([{ id: 'p.rms-high@1000000', level: 'alarm', state: 'unacknowledged' }])
    await expect(desk.label('p.rms-high@1000000', 'true-positive', ben, null)).rejects.toThrow(/Acknowledge/)
    await desk.acknowledge('p.rms-high@1000000', anna, 'looking')
    await expect(desk.acknowledge('p.rms-high@1000000', ben, null)).rejects.toThrow(/acknowledged by anna/)
    desk.judge(rule(), sample(1, 2e6), false, 1e9)
    await desk.settled()
    expect(desk.open()).toMatchObject([{ state: 'normal', outcome: null }])
    await desk.label('p.rms-high@1000000', 'true-positive', ben, 'outer race spalled')
    expect(desk.open()).toEqual([])
    expect(commits.flatMap((c) => c.transitions.map((t) => t.kind))).toEqual([
      'raised',
      'acknowledged',
      'returned',
      'labelled',
    ])
    expect(told).toEqual(commits)
  })

  it('keeps an alert the twin refuses, says so, and delivers it in order when it takes rows again', async () => {
    const { desk, commits, stuck } = setUp(1)
    desk.judge(rule(), sample(3, 1e6), false, 1e9)
    desk.judge(rule(), sample(5, 2e6), false, 1e9)
    await desk.settled()
    expect(commits.flatMap((c) => c.transitions.map((t) => t.kind))).toEqual(['raised', 'escalated'])
    expect(stuck).toEqual(['disk full', null, null])
  })

  it('goes on after a restart where it was', async () => {
    const first = setUp()
    first.desk.judge(rule(), sample(5, 1e6), false, 1e9)
    await first.desk.settled()
    const second = setUp()
    second.desk.restore(
      first.commits.flatMap((c) => c.states),
      first.desk.open(),
    )
    second.desk.judge(rule(), sample(5, 3e6), false, 1e9)
    await second.desk.acknowledge('p.rms-high@1000000', anna, null)
    second.desk.judge(rule(), sample(1, 4e6), false, 1e9)
    await second.desk.settled()
    expect(second.commits.flatMap((c) => c.transitions.map((t) => t.kind))).toEqual(['acknowledged', 'returned'])
  })

  it('calls more than ten alerts in ten minutes a flood until fewer than five are left', async () => {
    const { desk } = setUp()
    for (let i = 0; i < 11; i++) desk.judge(rule(`r${i}`), sample(5, 1e9 - 1e6), false, 1e12)
    await desk.settled()
    expect(desk.isFlood).toBe(true)
  })

  it('refuses an alert nobody knows in one sentence', async () => {
    const { desk } = setUp()
    await expect(desk.acknowledge('x', anna, null)).rejects.toThrow(RequestError)
    await expect(desk.label('x', 'inconclusive', anna, null)).rejects.toThrow(/no open alert/)
  })
})
