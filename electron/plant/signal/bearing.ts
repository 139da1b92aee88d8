import type { BearingOrders } from '../../../shared/domain/bearings.ts'
import { normalAt, uniformAt, wanderAt } from './random.ts'

export const bearingFaultKinds = ['outer-race', 'inner-race', 'rolling-element'] as const
export type BearingFaultKind = (typeof bearingFaultKinds)[number]

/** Rolling elements skid: the real frequency lies a little under the kinematic one. */
const slip = 0.004
/** Spread of a single impact's place within its spacing (0.5-2 % is reported for real bearings). */
const jitter = 0.009
/** Slow drift of the train against the shaft: what makes higher harmonics smear, in impacts. */
const drift = 0.06

/** Impacts per shaft revolution. A ball strikes both races in one turn of its own, so twice its spin frequency. */
export function impactsPerRevolution(kind: BearingFaultKind, orders: BearingOrders): number {
  if (kind === 'outer-race') return orders.bpfo * (1 - slip)
  if (kind === 'inner-race') return orders.bpfi * (1 - slip)
  return 2 * orders.bsf * (1 - slip)
}

/** Where impact `n` falls, in spacings from the start: n plus slip jitter and drift, both pure functions of n. */
export function impactPlace(n: number, seed: number): number {
  return n + jitter * normalAt(seed, n, 11) + drift * wanderAt(seed, n / 200, 12)
}

/**
 * Load zone of a radially loaded bearing (Stribeck): 1 in the direction of the load, 0 outside the zone.
 * `turn` is the angle from the load direction in turns.
 */
export function loadZone(turn: number, epsilon = 0.45): number {
  const inside = 1 - (1 - Math.cos(2 * Math.PI * turn)) / (2 * epsilon)
  return inside > 0 ? inside ** 1.5 : 0
}

/** Relative strength of impact `n`: what the sensor sees depends on where the defect is when it is struck. */
export function impactStrength(
  kind: BearingFaultKind,
  n: number,
  shaftTurns: number,
  orders: BearingOrders,
  seed: number,
): number {
  const spread = 0.85 + 0.3 * uniformAt(seed, n, 13)
  // The outer race stands still in the load zone; a residual unbalance turns with the shaft.
  if (kind === 'outer-race') return spread * (1 + 0.12 * Math.cos(2 * Math.PI * shaftTurns))
  // The inner-race defect turns with the shaft through the load zone: sidebands at 1x.
  if (kind === 'inner-race') return spread * (0.08 + 0.92 * loadZone(shaftTurns))
  // A ball goes round with the cage, and its two strikes (outer, inner race) differ: sidebands at FTF, a line at BSF.
  return spread * (0.15 + 0.85 * loadZone(shaftTurns * orders.ftf)) * (n % 2 === 0 ? 1 : 0.7)
}
