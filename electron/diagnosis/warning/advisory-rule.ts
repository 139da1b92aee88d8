import type { AlertContract, AlertRule } from '../../../shared/domain/alert.ts'

/** Its value is the largest test statistic over its limit: 1 is a warning, 2 an alarm, each left at half a point below. */
export function advisoryRule(
  of: Pick<AlertRule, 'id' | 'pointId' | 'assetId' | 'configHash'>,
  contract: AlertContract,
): AlertRule {
  return {
    ...of,
    feature: 'healthScore',
    limits: { warning: 1, alarm: 2 },
    deadband: 0.5,
    // The sequential tests ask for several snapshots by themselves.
    onDelayMs: 0,
    offDelayMs: 0,
    contract,
  }
}
