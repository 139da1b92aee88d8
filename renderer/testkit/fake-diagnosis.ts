import type { Analysis, Finding, FindingLine } from '../../shared/domain/analysis.ts'
import type { CaptureDiagnosis } from '../../shared/protocol/diagnosis.ts'
import type { CaptureHead } from '../../shared/domain/twin.ts'

const bearing = { bpfo: 3.585, bpfi: 5.415, bsf: 2.357, ftf: 0.398 }

function line(words: string, at: FindingLine['in'], expectedHz: number, snrDb: number): FindingLine {
  const matched = snrDb >= 12
  const isSpectrum = at === 'spectrum'
  return {
    words: `${words} at ${expectedHz.toFixed(1)} Hz`,
    in: at,
    expectedHz,
    foundHz: matched ? expectedHz * 0.996 : null,
    amplitude: isSpectrum ? 0.2 : null,
    velocityMmS: isSpectrum ? 1.2 : null,
    snrDb,
    matched,
  }
}

function findingsOf(shaftHz: number): Finding[] {
  const race = [1, 2, 3, 4].map((k) => line(`${k} x BPFO`, 'envelope', k * bearing.bpfo * shaftHz, 34 - 5 * k))
  const inner = [1, 2, 3].map((k) => line(`${k} x BPFI`, 'envelope', k * bearing.bpfi * shaftHz, 6 - k))
  const shaft = [1, 2, 3].map((k) => line(`${k} x speed`, 'spectrum', k * shaftHz, 30 - 8 * k))
  const common = { component: null }
  return [
    {
      ...common,
      fault: 'outer-race',
      state: 'found',
      falseAlarmProbability: 2e-6,
      why: 'the lines of BPFO stand out clearly (11.2 decades, limit 9)',
      lines: race,
    },
    {
      ...common,
      fault: 'unbalance',
      state: 'absent',
      falseAlarmProbability: 1e-5,
      why: '1 x speed carries 31 % of the power (50 % needed)',
      lines: shaft.slice(0, 1),
    },
    { ...common, fault: 'inner-race', state: 'absent', falseAlarmProbability: 0.6, why: 'no line', lines: inner },
    {
      ...common,
      fault: 'gear',
      state: 'not-judged',
      falseAlarmProbability: null,
      why: 'not judged: the number of teeth is not known',
      lines: [],
    },
  ]
}

/** What a diagnosis of the paper engine's captures says: a damaged outer race, whatever they hold. */
export function fakeDiagnosis(head: CaptureHead, pointId: string): CaptureDiagnosis {
  const rpm = Number.isFinite(head.rpm) ? head.rpm : 1480
  const findings = findingsOf(rpm / 60)
  const analysis: Analysis = {
    schema: 'millwright/analysis@1',
    samples: head.sampleCount,
    sampleRateHz: head.sampleRateHz,
    unit: 'g',
    speed: { givenRpm: rpm, estimatedRpm: rpm, usedRpm: rpm, agrees: true, method: 'comb of 10 shaft harmonics' },
    bearing: { name: '6205', source: 'paper', verified: true, orders: bearing },
    state: 'running',
    signalQuality: [],
    features: {},
    spectrum: { window: 'hann', resolutionHz: 1, peaks: [] },
    envelope: { method: 'paper', bandHz: [2000, 11_000], resolutionHz: 1, lines: [] },
    diagnosis: {
      verdict: 'outer-race',
      confidence: 0.999_998,
      candidates: [],
      findings,
      severity: {
        zone: 'B',
        standard: 'ISO 10816-3',
        edition: '2009',
        velocityMmS: 2.4,
        limitsMmS: [1.4, 2.8, 4.5],
        provenance: 'ISO 10816-3:2009, table A.2, group 2, rigid support; ISO 20816-3:2022 merges zones A and B',
        refused: null,
      },
      evidence: ['the lines of BPFO stand out clearly (11.2 decades, limit 9)'],
      refused: null,
    },
  }
  return { captureId: head.id, pointId, tUs: head.sourceUs, analysis }
}
