import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findBearing } from '../../../shared/domain/bearings.ts'
import { featureIndex, featureNames } from '../../../shared/domain/features.ts'
import type { BaselineRecord } from '../../../shared/domain/health.ts'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import type { FeatureRow } from '../../../shared/domain/twin.ts'
import { gaussian } from '../../../shared/testkit/noise.ts'
import { resolvePlant } from '../../assets/index.ts'
import { atMostWords } from '../../engine/alert-report.ts'
import { whyOf, type WhySource } from '../../engine/alert-why.ts'
import { limitProposal } from '../../engine/health-limits.ts'
import { buildPlantModel, loadBearingCatalogue, ordersOf, type PointInfo } from '../../engine/plant-model.ts'
import { machineContent } from '../../plant/content.ts'
import { generatePlantFile } from '../../plant/plant-file.ts'
import { openTwin, type Twin } from '../../store/api.ts'
import { capture, occurrence, tick, transition, workers } from '../../store/twin-fixtures.ts'
import { UsageError } from '../io.ts'
import { runReport } from './report.ts'

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-report-'))
const data = path.join(dir, 'data')
const key = Uint8Array.from(randomBytes(32))
const raisedUs = 1.8e15
const minuteUs = 60e6
const catalogue = loadBearingCatalogue()
const plant: PlantFile = generatePlantFile([machineContent(null)], {
  endpointUrl: 'opc.tcp://127.0.0.1:4840',
  brokerUrl: null,
})
const { rules } = resolvePlant(plant, 'hash-1')
let twin: Twin
let source: WhySource
let info: PointInfo
const baselines: BaselineRecord[] = []

/** Outer-race strikes at 25.6 kHz that ring at 5 kHz. */
function struck(bpfoHz: number, count = 65_536): Float32Array {
  const noise = gaussian(3)
  return Float32Array.from({ length: count }, (_, i) => {
    const t = i / 25_600
    const phase = (t * bpfoHz) % 1
    return 0.05 * noise() + Math.exp((-phase / bpfoHz) * 800) * Math.sin((2 * Math.PI * 5000 * phase) / bpfoHz)
  })
}

function row(tUs: number, rms: number): FeatureRow {
  const values = new Float32Array(featureNames.length).fill(Number.NaN)
  values[featureIndex('rms')] = rms
  return { pointKey: info.key, tUs, spanUs: 1e6, values, rpm: 1480, runState: 'running', configHash: 'hash-1' }
}

beforeAll(async () => {
  fs.mkdirSync(data)
  fs.writeFileSync(path.join(dir, 'key'), `${Buffer.from(key).toString('hex')}\n`)
  twin = await openTwin({ file: path.join(data, 'twin.db'), key, workers })
  const refs = await twin.points(plant.points.map(({ id, assetId, kind }) => ({ id, assetId, kind })))
  await twin.commitConfig({ hash: 'hash-1', text: JSON.stringify(plant), author: 'a', reason: 'r', atUs: 1 })
  await twin.sessionStart(raisedUs - 1e12)
  const model = buildPlantModel(plant, 'hash-1', '', refs, rules)
  const found = model.points.find((one) => one.point.kind === 'waveform' && ordersOf(one, catalogue) !== null)
  if (!found) throw new Error('the simulated plant has no bearing')
  info = found
  source = { twin, model, baselinesOf: () => baselines }
  // Ten hours at 0.4, rising for the last one.
  const rows = Array.from({ length: 600 }, (_, i) => {
    const minute = i - 600
    return row(raisedUs + minute * minuteUs, 0.4 + Math.max(0, minute + 60) * 0.01)
  })
  await twin.commitTick(tick(1, [], { features: [...rows, row(raisedUs, 1)], atUs: raisedUs + 1e6 }))
  const of = { assetId: info.asset.asset.id, pointId: info.id }
  const alert = { ...of, value: 1, limit: 0.8, peakValue: 1.2, feature: 'rms', raisedUs, changedUs: raisedUs }
  const past = { ...alert, raisedUs: raisedUs - 1e12, changedUs: raisedUs - 1e12, state: 'normal' as const }
  const labelled = { outcome: 'true-positive' as const, labelNote: 'spall found', labelledUs: raisedUs - 9e11 }
  const occurrences = [
    occurrence('alert-1', alert),
    occurrence('old-1', { ...past, ...labelled, labelledBy: 'ben' }),
    occurrence('old-2', past),
  ]
  const transitions = occurrences.map(({ id, value, raisedUs: atUs }) => transition(id, { ...of, value, atUs }))
  await twin.commitAlerts({ states: [], occurrences, transitions })
  const orders = ordersOf(info, catalogue)
  const samples = struck((orders?.bpfo ?? 3.5) * (1480 / 60))
  const why = { cause: 'alarm' as const, reason: 'rms raised', occurrenceId: 'alert-1', rpm: 1480 }
  await twin.putCapture(capture('cap-1', info.key, { samples, sourceUs: raisedUs - 1e6, ...why }))
}, 60_000)
afterAll(async () => {
  await twin.close()
  fs.rmSync(dir, { recursive: true, force: true })
})

async function run(argv: string[]): Promise<{ code: number; err: string }> {
  let err = ''
  const code = await runReport(argv, { stdout: () => {}, stderr: (text) => void (err += text), cwd: dir, json: false })
  return { code, err }
}

describe('why', () => {
  it('without a baseline compares with the day before, and says that the baseline is missing', async () => {
    const alert = await twin.occurrence('alert-1')
    if (!alert) throw new Error('no alert')
    const why = await whyOf(source, alert)
    expect(why.changed.known).toMatchObject({ feature: 'rms', direction: 'rose' })
    expect(why.amount.known).toMatchObject({ value: 1, unit: 'g' })
    expect(why.amount.known?.reference).toBeCloseTo(0.4, 2)
    expect(why.amount.known?.changeDb).toBeCloseTo(8, 0)
    // Half of the rise was passed half an hour before.
    expect((raisedUs - (why.span.known?.sinceUs ?? 0)) / minuteUs).toBeGreaterThan(22)
    expect((raisedUs - (why.span.known?.sinceUs ?? 0)) / minuteUs).toBeLessThan(36)
    expect(why.baseline.missing).toMatch(/No baseline .* approved .*compared with the day before/)
    expect(why.similar.known).toMatchObject({ count: 1, outcomes: { 'true-positive': 1 } })
    expect(why.similar.known?.cases[0]).toMatchObject({ occurrenceId: 'old-1', note: 'spall found' })
    expect(why.outlook.known === null).toBe(why.outlook.missing !== null)
    expect([why.score, why.evidence]).toEqual([null, []])
  })

  it('speaks of the last rise: what an alert eased or returned to since tells nothing of why', async () => {
    const alert = await twin.occurrence('alert-1')
    if (!alert) throw new Error('no alert')
    const returned = { ...alert, state: 'returned-unacknowledged' as const, value: 0.39, changedUs: raisedUs + 600e6 }
    const why = await whyOf(source, returned)
    expect(why.amount.known?.value).toBe(1)
    expect(why.changed.known?.direction).toBe('rose')
    expect(why.span.known?.untilUs).toBe(raisedUs)
  })

  it('with an approved baseline is against that one; advice without evidence has no score and all five say so', async () => {
    const alert = await twin.occurrence('alert-1')
    if (!alert) throw new Error('no alert')
    const frozen: BaselineRecord = {
      id: 'b-1',
      pointKey: info.key,
      pointId: info.id,
      epochUs: 0,
      condition: 0,
      rpm: 1480,
      state: 'frozen',
      fromUs: raisedUs - 40 * 86_400e6,
      untilUs: raisedUs - 20 * 86_400e6,
      snapshots: 2880,
      settled: true,
      features: [{ name: 'rms', median: 0.5, mean: 0.5, sigma: 0.05, spreadDb: 0.8 }],
      left: [],
      proposedUs: 0,
      decidedUs: raisedUs - 19 * 86_400e6,
      decidedBy: 'anna',
      reason: null,
      retiredUs: null,
    }
    baselines.push(frozen)
    const why = await whyOf(source, alert)
    expect(why.baseline.known).toMatchObject({ id: 'b-1', approvedBy: 'anna' })
    expect(why.amount.known).toMatchObject({ value: 1, reference: 0.5, factor: 2 })
    const advice = await whyOf(source, { ...alert, feature: 'healthScore' })
    expect(advice.score).toBeNull()
    for (const part of [advice.changed, advice.amount, advice.span, advice.baseline, advice.outlook])
      expect(part).toEqual({ known: null, missing: 'The twin has no evidence of this alert.' })
    const wanted = { warningSigmas: 3, alarmSigmas: 6 }
    const proposal = limitProposal(plant, info, baselines, wanted)
    expect(proposal.refused).toBeNull()
    expect(proposal.rows[0]).toMatchObject({ feature: 'rms', warning: 0.65, alarm: 0.8 })
    expect(proposal.changes.length).toBeGreaterThan(0)
    const short = { ...frozen, fromUs: raisedUs - 23 * 86_400e6 }
    expect(limitProposal(plant, info, [short], wanted).refused).toMatch(/spans 3\.0 days; 14 are needed/)
    expect(limitProposal(plant, info, [{ ...frozen, state: 'proposed' }], wanted).refused).toMatch(/no approved/)
    baselines.length = 0
  })
})

describe('millwright report', () => {
  it('writes one page: finding first in sixty words, plots with fault lines, numbers tied to captures, no script', async () => {
    const base = ['--data', 'data', '--key-file', 'key', '--alert', 'alert-1', '--out', 'r.html']
    const who = ['--owner', 'B. Meyer', '--due', '2027-02-01', '--action', 'Change the <bearing>.']
    const { code, err } = await run([...base, ...who])
    expect([code, err]).toEqual([0, `The report is in ${path.join(dir, 'r.html')}.\n`])
    const html = fs.readFileSync(path.join(dir, 'r.html'), 'utf8')
    const finding = /<h1>(.*?)<\/h1>/.exec(html)?.[1] ?? ''
    expect(finding).toContain(info.asset.asset.name)
    expect(finding).toMatch(/Overall vibration is 1 g, 2\.5 times what is usual, since/)
    expect(finding.split(/\s+/).length).toBeLessThanOrEqual(60)
    expect(html.indexOf('<h1>')).toBeLessThan(html.indexOf('Recommended action'))
    expect(html).toContain('Change the &lt;bearing&gt;.')
    expect(html).toMatch(/Owner<\/dt><dd>B\. Meyer.*Due<\/dt><dd>2027-02-01/)
    expect(html.match(/<svg /g)).toHaveLength(3)
    expect(html).toMatch(/>BPFO 1×<\/text>/)
    expect(html).toMatch(
      /BPFO \d× in the envelope, expected at \d+\.\d Hz<\/td><td class="n">[^<]* dB above its surroundings<\/td><td>capture cap-1/,
    )
    expect(html).toMatch(/BPFI \d× in the envelope[^<]*<\/td><td class="n">not clear/)
    expect(html).toContain('spall found')
    expect(html).toMatch(/No baseline of this point was approved/)
    expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)|NaN|undefined/)
  })

  it('refuses in a sentence: another ending, an unknown alert, a day that is none', async () => {
    const base = ['--data', 'data', '--key-file', 'key']
    await expect(run([...base, '--alert', 'alert-1', '--out', 'r.pdf'])).rejects.toThrow(/writes HTML, not \.pdf/)
    await expect(run([...base, '--alert', 'no-such', '--out', 'r.html'])).rejects.toThrow(/no alert "no-such"/)
    await expect(run([...base, '--alert', 'a', '--out', 'r.html', '--due', 'soon'])).rejects.toThrow(UsageError)
  })

  it('keeps whole sentences while sixty words last', () => {
    expect(atMostWords(['One two.', 'Three four.'], 3)).toBe('One two.')
    expect(atMostWords(['One two three four.'], 3)).toBe('One two …')
  })

  it('the catalogue knows the bearing of the plant', () => {
    const names = (info.asset.asset.components ?? []).flatMap(({ bearing }) => bearing ?? [])
    expect(names.map((name) => findBearing(catalogue, name))).not.toContain(null)
  })
})
