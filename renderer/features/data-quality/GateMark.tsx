import type { GateState } from '../../../shared/domain/audit.ts'
import { ShapeWord, t } from '../../ui/index.ts'

/** A tick, a cross, a cross in a circle or a dash: the gate reads without its colour. */
const shapes: Record<GateState, string> = {
  pass: 'M4 10.5 8 15 16 5',
  fail: 'M4 4 16 16M16 4 4 16',
  excepted: 'M10 2a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM6 10.500 9 13.500 14 7',
  'not-judged': 'M4 10h12',
}

export function GateMark({ gate }: { gate: GateState }) {
  return <ShapeWord className={`quality-gate gate-${gate}`} path={shapes[gate]} words={t(`dataQuality.gate.${gate}`)} />
}
