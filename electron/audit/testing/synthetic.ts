import type { Gap } from '../../../shared/domain/intake.ts'
import { judgeMapping } from '../../../shared/domain/mapping.ts'
import type { Contract, Point } from '../../../shared/domain/plant-file.ts'
import { columnsOf } from '../coarse.ts'
import { columnsFor, type FineColumns, type PointInput } from '../input.ts'
import { stretchesToRead } from '../plan.ts'

/** Test data: a tag whose every value is known. */
export const startUs = Date.parse('2026-03-02T00:00:00Z') * 1000

export function contract(more: Partial<Contract> = {}): Contract {
  return {
    version: 1,
    quantity: 'pressure',
    unit: 'bar',
    detector: 'raw',
    sampleRateHz: 1,
    timestampSource: 'source',
    expectedRange: [0, 10],
    updateCadenceMs: 1000,
    policy: {
      missingAfterMs: 5000,
      late: 'accept',
      lateToleranceMs: 5000,
      duplicate: 'count',
      outOfOrder: 'reorder',
    },
    ...more,
  }
}

export interface Sample {
  tUs: number
  value: number
  status?: number
  receiveUs?: number
}

export function fineOf(samples: readonly Sample[], fromUs: number, toUs: number): FineColumns {
  const inside = samples.filter(({ tUs }) => tUs >= fromUs && tUs < toUs).toSorted((a, b) => a.tUs - b.tUs)
  return {
    fromUs,
    toUs,
    count: inside.length,
    tUs: Float64Array.from(inside, ({ tUs }) => tUs),
    sourceUs: Float64Array.from(inside, ({ tUs }) => tUs),
    receiveUs: Float64Array.from(inside, ({ tUs, receiveUs }) => receiveUs ?? tUs + 20_000),
    value: Float64Array.from(inside, ({ value }) => value),
    status: Uint32Array.from(inside, ({ status }) => status ?? 0),
  }
}

/** As the product would hand it in: columns of everything, and values where its own plan asks for them. */
export function inputOf(
  samples: readonly Sample[],
  seconds: number,
  more: Partial<PointInput> & { contract?: Partial<Contract>; point?: Point; gaps?: Gap[] } = {},
): PointInput {
  const window = { fromUs: startUs, toUs: startUs + seconds * 1e6 }
  const agreed = contract(more.contract)
  const all = fineOf(samples, window.fromUs, window.toUs)
  const coarse = columnsOf(all, columnsFor(window))
  const point: Point = more.point ?? {
    id: 'pump-1.pressure',
    assetId: 'pump-1',
    kind: 'scalar',
    source: { serverId: 'opc-1', nodeId: 'ns=1;s=x' },
    mapping: { verifiedBy: 'a.weber', verifiedOn: '2026-01-05', method: 'label' },
  }
  const { contract: _contract, ...rest } = more
  return {
    lineId: 'line-1',
    window,
    due: [window],
    coarse,
    fine: stretchesToRead(coarse, agreed, window).map((span) => fineOf(samples, span.fromUs, span.toUs)),
    gaps: [],
    runStates: [],
    sensor: undefined,
    mapping: judgeMapping(more.sensor ? { ...point, sensorId: more.sensor.id } : point, {
      servers: [],
      sensors: more.sensor ? [{ ...more.sensor }] : [],
    }),
    timeZone: 'UTC',
    ...rest,
    point: { ...point, contract: agreed },
  }
}

export function gap(cause: Gap['cause'], fromS: number, toS: number, detail = 'The link was lost.'): Gap {
  const at = (s: number): number => startUs + s * 1e6
  return { pointKey: 1, serverId: 'opc-1', cause, startUs: at(fromS), endUs: at(toS), count: null, detail }
}
